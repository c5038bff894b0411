// The number beside a message: how many members have not read it. Its sender does not count, nor do
// members whose read position is unknown.

import { t } from "./strings";

/** The read position of each member, by user id. */
export type Reads = ReadonlyMap<string, number>;

/** Shows the numbers of these messages. */
export function countUnread(messages: Iterable<HTMLElement>, reads: Reads | null): void {
  const marks = [...(reads?.values() ?? [])].sort((a, b) => a - b);
  for (const message of messages) {
    if (message.dataset["kind"] === "system") continue;
    const count = reads ? unreadOf(message, reads, marks) : 0;
    const mark = message.querySelector<HTMLElement>(".unread") ?? (count > 0 ? addMark(message) : null);
    if (!mark || mark.textContent === String(count)) continue;
    mark.hidden = count === 0;
    mark.textContent = String(count);
    mark.title = `${count} ${t("unreadBy")}`;
  }
}

/** Deleted messages show no number. */
function addMark(message: HTMLElement): HTMLElement | null {
  if (message.querySelector(".bubble--deleted")) return null;
  const mark = document.createElement("b");
  mark.className = "unread";
  // It changes all the time, and a reader would read it out each time.
  mark.setAttribute("aria-hidden", "true");
  message.querySelector(".message__foot")?.prepend(mark);
  return mark;
}

function unreadOf(message: HTMLElement, reads: Reads, marks: number[]): number {
  const seq = Number(message.dataset["seq"]);
  const { userId = "", toId } = message.dataset;
  if (toId !== undefined) return (reads.get(toId) ?? seq) < seq ? 1 : 0;
  const senderIsBehind = (reads.get(userId) ?? seq) < seq;
  return below(marks, seq) - (senderIsBehind ? 1 : 0);
}

/** How many of the sorted marks are below `seq`. */
function below(marks: number[], seq: number): number {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle] ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
