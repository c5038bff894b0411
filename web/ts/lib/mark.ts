// Where one had read up to: a line above the first message that is new.

import { isMessage } from "./arrange";
import { word } from "./words";

/** Lays the line above a message, and above the line of its day. */
export function layMark(message: HTMLElement): HTMLElement {
  const list = message.parentElement;
  const mark = list?.querySelector<HTMLElement>(".read-mark") ?? make();
  const day = message.previousElementSibling;
  const at = day && !isMessage(day) && day.classList.contains("day") ? day : message;
  at.before(mark);
  return mark;
}

export function liftMark(list: HTMLElement): void {
  list.querySelector(".read-mark")?.remove();
}

function make(): HTMLElement {
  const mark = document.createElement("li");
  mark.className = "read-mark";
  const line = document.createElement("span");
  line.textContent = word("readUpToHere");
  mark.append(line);
  return mark;
}
