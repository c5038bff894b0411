// Loads pages of the history. The list never has a gap: where it does not reach the newest message,
// it ends with a `.newer` link.

import { fragment } from "./fragment";
import type { RenderedMessage } from "./wire";

export interface ListChanges {
  /** Changes the list and leaves what is seen where it is. */
  keep(change: () => void): void;
  /** New messages are in the list: at its beginning, its end, or alone. */
  loaded(messages: HTMLElement[], where: "older" | "newer" | "all"): void;
  put(message: RenderedMessage): void;
}

export class HistoryLoader {
  private queue: Promise<unknown> = Promise.resolve();
  private loading = 0;
  private deferred: RenderedMessage[] = [];

  constructor(
    private readonly list: HTMLElement,
    private readonly roomId: string,
    private readonly changes: ListChanges,
  ) {}

  /** Returns whether the list reaches the newest message. */
  get isAtEnd(): boolean {
    return !this.list.querySelector(":scope > .newer");
  }

  get isLoading(): boolean {
    return this.loading > 0;
  }

  /** Keeps a message that may belong to the page being loaded. */
  keep(message: RenderedMessage): void {
    if (this.isLoading) this.deferred.push(message);
  }

  /** Loads the next older page, if there is one. */
  async older(): Promise<void> {
    const link = this.list.querySelector<HTMLElement>(":scope > .older");
    if (!link || this.isLoading) return;
    await this.load(`before=${link.dataset["older"]}`, (page) => this.insert(link, page, "older"));
  }

  /** Loads the next newer page, if there is one. */
  async newer(): Promise<void> {
    const link = this.list.querySelector<HTMLElement>(":scope > .newer");
    if (!link || this.isLoading) return;
    await this.load(`after=${link.dataset["newer"]}`, (page) => this.insert(link, page, "newer"));
  }

  /** Shows another page instead. Returns false if it could not be loaded. */
  jump(query: string): Promise<boolean> {
    return this.load(query, (page) => {
      const waiting = this.list.querySelectorAll(".is-pending");
      const messages = messagesOf(page);
      this.list.replaceChildren(page, ...waiting);
      this.changes.loaded(messages, "all");
    });
  }

  newest(): Promise<boolean> {
    return this.jump(`before=${Number.MAX_SAFE_INTEGER}`);
  }

  private insert(link: HTMLElement, page: DocumentFragment, where: "older" | "newer"): void {
    // The list was replaced meanwhile.
    if (!link.isConnected) return;
    const messages = messagesOf(page);
    this.changes.keep(() => {
      link.replaceWith(page);
      this.changes.loaded(messages, where);
    });
  }

  private load(query: string, insert: (page: DocumentFragment) => void): Promise<boolean> {
    this.loading += 1;
    const loaded = this.queue.then(async () => {
      try {
        const answer = await fetch(`/room/${this.roomId}/messages?${query}`);
        if (!answer.ok) return false;
        insert(fragment(await answer.text()));
        return true;
      } catch {
        // Offline: the links stay, and the next scroll tries again.
        return false;
      } finally {
        this.loading -= 1;
        for (const message of this.deferred.splice(0)) this.changes.put(message);
      }
    });
    this.queue = loaded;
    return loaded;
  }
}

function messagesOf(page: DocumentFragment): HTMLElement[] {
  return [...page.querySelectorAll<HTMLElement>("[data-message]")];
}
