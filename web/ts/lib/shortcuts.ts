// Keys that work everywhere: Ctrl or Cmd+K opens the quick switcher, Alt with an arrow goes to the next room,
// `?` lists the keys, and what is typed beside a field lands in the composer.

import { isComposing } from "./composing";
import { openSwitcher } from "./switcher";
import { showShortcuts } from "./shortcut_list";
import { visit } from "./visit";

export function startShortcuts(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if (isComposing(event)) {
      // The first letter of a syllable that begins beside a field.
      if (!isField(event.target)) composer()?.focus();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return openSwitcher();
    }
    if (document.querySelector("dialog[open]")) return;
    if (event.altKey && !event.ctrlKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      if (goToNeighbour(event.key === "ArrowUp" ? -1 : 1, event.shiftKey)) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
    if (event.key === "?") {
      event.preventDefault();
      return showShortcuts();
    }
    typeIntoComposer(event);
  });
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Moves the focus before the browser inserts the letter, which then lands in the composer. */
function typeIntoComposer(event: KeyboardEvent): void {
  const isLetter = [...event.key].length === 1 && event.key !== " ";
  if (isLetter) composer()?.focus();
}

/** The field to write in, unless something lies over it. */
function composer(): HTMLTextAreaElement | null {
  return document.querySelector("dialog[open], :popover-open") ? null : document.querySelector(".composer__text");
}

/** Goes to the room above or below in the list, or to the next with unread messages. */
function goToNeighbour(step: number, isUnreadOnly: boolean): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-my-rooms-target=list] .my-room")];
  const current = rows.findIndex((row) => row.querySelector("[aria-current]"));
  const order = rows.map((_, at) => rows[(current + step * (at + 1) + rows.length * 2) % rows.length]);
  const row = order.find((one) => one && (!isUnreadOnly || one.dataset["unread"] !== "0"));
  const link = row?.querySelector("a");
  if (!link || link.hasAttribute("aria-current")) return false;
  void visit(link.href);
  return true;
}
