// The message of someone whom the viewer has blocked: a line with a button that shows it.

import { t } from "./strings";

export function foldBlocked(message: HTMLElement): void {
  const line = message.querySelector(".message__blocked");
  if (!message.classList.contains("is-from-blocked")) {
    message.classList.remove("is-unfolded");
    return line?.remove();
  }
  if (line) return;
  const folded = document.createElement("p");
  folded.className = "message__blocked";
  const show = document.createElement("button");
  show.type = "button";
  show.className = "link";
  show.textContent = t("show");
  show.addEventListener("click", () => {
    message.classList.add("is-unfolded");
    folded.remove();
  });
  folded.append(`${t("blockedMessage")} `, show);
  message.prepend(folded);
}
