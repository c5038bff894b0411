// Keeps the list small, at whichever end is out of sight: what is removed is loaded again by scrolling there.

import { arrange, seqOf } from "./arrange";
import { t } from "./strings";

const MAX_MESSAGES = 300;
const KEPT_MESSAGES = 200;

/** Removes the oldest messages of a list that has become long. */
export function trimOldest(list: HTMLElement, messages: HTMLElement[]): void {
  if (messages.length <= MAX_MESSAGES || isEditing(list)) return;
  const first = messages[messages.length - KEPT_MESSAGES];
  if (!first) return;
  const failed = [...list.querySelectorAll(".is-failed")];
  while (list.firstElementChild && list.firstElementChild !== first) list.firstElementChild.remove();
  // What failed above is now the first, with its buttons.
  list.prepend(...failed.filter((message) => !message.isConnected));
  arrange(first);
  addOlderLink(list, seqOf(first));
}

/** Removes the newest messages of a list that has become long; pending ones stay. */
export function trimNewest(list: HTMLElement, messages: HTMLElement[]): void {
  if (messages.length <= MAX_MESSAGES || isEditing(list)) return;
  const last = messages[KEPT_MESSAGES - 1];
  if (!last) return;
  list.querySelector(".newer")?.remove();
  // What failed stays among the messages; what waits stays at the end.
  for (let next = last.nextElementSibling; next; ) {
    const after = next.nextElementSibling;
    if (!next.matches(".is-pending")) next.remove();
    next = after;
  }
  last.classList.remove("goes-on");
  last.after(link("newer", "after", seqOf(last)));
}

/** Whether a message is being edited, which must not go with what is written. */
function isEditing(list: HTMLElement): boolean {
  return list.querySelector(".is-editing") !== null;
}

/** Adds the link to older messages, as the server renders it. */
export function addOlderLink(list: HTMLElement, before: number): void {
  list.prepend(link("older", "before", before));
}

function link(name: "older" | "newer", parameter: string, seq: number): HTMLElement {
  const item = document.createElement("li");
  item.className = name;
  item.dataset[name] = String(seq);
  const anchor = document.createElement("a");
  anchor.className = "button button--quiet";
  anchor.href = `?${parameter}=${seq}`;
  anchor.textContent = t(name);
  item.append(anchor);
  return item;
}
