// The line above the first unread message.

import { isMessage } from "./arrange";
import { t } from "./strings";

/** Puts the line above a message, and above the line of its day. */
export function placeReadMarker(message: HTMLElement): HTMLElement {
  const list = message.parentElement;
  const marker = list?.querySelector<HTMLElement>(".read-mark") ?? create();
  const day = message.previousElementSibling;
  const below = day && !isMessage(day) && day.classList.contains("day") ? day : message;
  below.before(marker);
  return marker;
}

export function removeReadMarker(list: HTMLElement): void {
  list.querySelector(".read-mark")?.remove();
}

function create(): HTMLElement {
  const marker = document.createElement("li");
  marker.className = "read-mark";
  const line = document.createElement("span");
  line.textContent = t("readUpToHere");
  marker.append(line);
  return marker;
}
