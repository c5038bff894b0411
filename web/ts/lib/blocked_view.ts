// The message of someone whom the viewer has blocked: a line with buttons that show it, and that unblock them.

import { setBlocked } from "./blocked";
import { errorText, t } from "./strings";
import { toast } from "./toast";

export function foldBlocked(message: HTMLElement): void {
  const line = message.querySelector(".message__blocked");
  if (!message.classList.contains("is-from-blocked")) {
    message.classList.remove("is-unfolded");
    return line?.remove();
  }
  if (line) return;
  const folded = document.createElement("p");
  folded.className = "message__blocked";
  const show = link("show", () => {
    message.classList.add("is-unfolded");
    folded.remove();
  });
  const unblock = link("unblock", async () => {
    if (!(await setBlocked(message.dataset["userId"] ?? "", false))) toast(errorText("unavailable"));
  });
  folded.append(`${t("blockedMessage")} `, show, " · ", unblock);
  message.prepend(folded);
}

function link(name: string, press: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = t(name);
  button.addEventListener("click", press);
  return button;
}
