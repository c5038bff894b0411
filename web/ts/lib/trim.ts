// A talk that runs for days must not fill the memory of the page: past MOST, the oldest go, and
// come back from the server when somebody scrolls up.

import { arrange, seqOf } from "./arrange";
import { word } from "./words";

const MOST = 300;
const KEPT = 200;

export function trim(list: HTMLElement, messages: HTMLElement[]): void {
  if (messages.length <= MOST) return;
  const first = messages[messages.length - KEPT];
  if (!first) return;
  while (list.firstElementChild && list.firstElementChild !== first) list.firstElementChild.remove();
  arrange(first);
  layOlder(list, seqOf(first));
}

/** The way to what is older, as the server's own pages have it. */
export function layOlder(list: HTMLElement, before: number): void {
  const older = document.createElement("li");
  older.className = "older";
  older.dataset["older"] = String(before);
  const link = document.createElement("a");
  link.className = "button button--quiet";
  link.href = `?before=${before}`;
  link.textContent = word("older");
  older.append(link);
  list.prepend(older);
}
