// Keeps a page that is open for days small: above MAX_MESSAGES the oldest are removed, and scrolling
// up loads them again.

import { arrange, seqOf } from "./arrange";
import { t } from "./strings";

const MAX_MESSAGES = 300;
const KEPT_MESSAGES = 200;

export function trim(list: HTMLElement, messages: HTMLElement[]): void {
  if (messages.length <= MAX_MESSAGES) return;
  const first = messages[messages.length - KEPT_MESSAGES];
  if (!first) return;
  while (list.firstElementChild && list.firstElementChild !== first) list.firstElementChild.remove();
  arrange(first);
  addOlderLink(list, seqOf(first));
}

/** Adds the link to older messages, as the server renders it. */
export function addOlderLink(list: HTMLElement, before: number): void {
  const older = document.createElement("li");
  older.className = "older";
  older.dataset["older"] = String(before);
  const link = document.createElement("a");
  link.className = "button button--quiet";
  link.href = `?before=${before}`;
  link.textContent = t("older");
  older.append(link);
  list.prepend(older);
}
