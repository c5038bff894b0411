// The messages of the send queue at the end of a room's list.

import { arrange, decorate, neighbour, timeOf } from "./arrange";
import type { SendQueue, PendingMessage } from "./send_queue";
import { type Blanks, renderPending, showFailure, showState } from "./pending_view";
import { UploadItem } from "./upload_item";

export class PendingList {
  private readonly items = new Map<string, Map<number, UploadItem>>();
  private readonly shown = new Map<string, HTMLElement>();

  constructor(
    private readonly list: HTMLElement,
    private readonly blanks: Blanks,
    private readonly queue: SendQueue,
    private readonly room: string,
    private readonly me: string,
    /** A message was added at the end, or takes more space there. */
    private readonly grown: (isNew: boolean) => void,
  ) {}

  connect(signal: AbortSignal): void {
    const { queue } = this;
    queue.on("added", signal, (message) => message.room === this.room && this.add(message));
    queue.on("state", signal, ({ key, state }) => this.with(key, (element) => showState(element, state, () => queue.discard(key))));
    queue.on("progress", signal, ({ key, no, part }) => this.items.get(key)?.get(no)?.progress(part < 0 ? null : part));
    queue.on("sent", signal, ({ key, seq }) => this.settle(key, seq));
    queue.on("failed", signal, ({ key, code }) => this.fail(key, code));
    queue.on("withdrawn", signal, ({ key }) => this.with(key, (element) => this.remove(element)));
    for (const message of queue.of(this.room)) this.add(message, false);
    signal.addEventListener("abort", () => {
      for (const element of this.elements()) this.remove(element);
    });
  }

  elements(): HTMLElement[] {
    return [...this.shown.values()];
  }

  /** Removes the pending message that was stored under this key or seq. */
  drop(key: string | null | undefined, seq: number): void {
    for (const element of this.elements()) {
      if ((key && element.dataset["key"] === key) || element.dataset["settled"] === String(seq)) this.remove(element);
    }
  }

  /** Removes those whose stored message is shown. */
  dropSettled(): void {
    for (const element of this.elements()) {
      const { settled } = element.dataset;
      if (settled && document.getElementById(`m-${settled}`)) this.remove(element);
    }
  }

  private add(message: PendingMessage, isNew = true): void {
    const { key } = message;
    if (this.shown.has(key)) return;
    const items = new Map(message.files.map(({ no, file }) => [no, new UploadItem(file, () => this.removeFile(key, no))]));
    this.items.set(key, items);
    const element = renderPending(message, this.blanks, this.me, [...items.values()].map((item) => item.element));
    decorate(element, this.me);
    this.shown.set(key, element);
    if (message.failed) placeByTime(this.list, element, message.at);
    else this.list.append(element);
    arrange(element);
    if (message.failed) this.fail(key, message.failed);
    else showState(element, this.queue.stateOf(key), () => this.queue.discard(key));
    this.grown(isNew);
  }

  private removeFile(key: string, no: number): void {
    this.items.get(key)?.get(no)?.remove();
    this.queue.removeFile(key, no);
  }

  /** The server stored a message under this seq; its event may come before or after this. */
  private settle(key: string, seq: number): void {
    this.with(key, (element) => {
      if (document.getElementById(`m-${seq}`)) this.remove(element);
      else element.dataset["settled"] = String(seq);
    });
  }

  private fail(key: string, code: string): void {
    this.with(key, (element) => {
      for (const item of this.items.get(key)?.values() ?? []) item.progress(null);
      showFailure(element, code, () => this.queue.retry(key), () => this.queue.discard(key));
      this.grown(false);
    });
  }

  private remove(element: HTMLElement): void {
    const next = neighbour(element, "nextElementSibling");
    const day = element.previousElementSibling;
    if (day?.classList.contains("day")) day.remove();
    element.remove();
    arrange(next);
    const key = element.dataset["key"] ?? "";
    this.shown.delete(key);
    for (const item of this.items.get(key)?.values() ?? []) item.release();
    this.items.delete(key);
  }

  private with(key: string, act: (element: HTMLElement) => void): void {
    const element = this.shown.get(key);
    if (element) act(element);
  }
}

/** Puts a message that failed where it was written, not below what was said since. */
function placeByTime(list: HTMLElement, element: HTMLElement, at: string): void {
  const later = [...list.querySelectorAll<HTMLElement>("[data-message]:not(.is-pending)")].find((message) => Date.parse(timeOf(message)) > Date.parse(at));
  if (later) later.before(element);
  else list.append(element);
}
