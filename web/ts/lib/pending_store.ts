// Messages that the server has not acknowledged. They outlive a reload of the page: the same key is
// sent again, and the server answers a key that it knows with the first response.

export interface PendingMessage {
  key: string;
  text: string;
  to?: { id: string; name: string };
  /** The message that this one replies to. */
  replyTo?: Quote;
  at: string;
  /** The error code that stopped the message; it waits for its sender to retry or discard it. */
  failed?: string;
}

export interface Quote {
  seq: number;
  name: string;
  excerpt: string;
}

export class PendingStore {
  private messages: PendingMessage[];
  private readonly name: string;

  /** Two users may share a browser, one after the other: each has a store of their own. */
  constructor(me: string, roomId: string) {
    this.name = `madang.outbox.${me}.${roomId}`;
    this.messages = this.load();
  }

  all(): readonly PendingMessage[] {
    return this.messages;
  }

  /** The oldest message that may be sent. Messages go one after another, so they arrive in order. */
  next(): PendingMessage | undefined {
    return this.messages.find((message) => !message.failed);
  }

  find(key: string): PendingMessage | undefined {
    return this.messages.find((message) => message.key === key);
  }

  add(message: PendingMessage): void {
    this.messages.push(message);
    this.save();
  }

  remove(key: string): void {
    this.messages = this.messages.filter((message) => message.key !== key);
    this.save();
  }

  fail(key: string, code: string): void {
    const message = this.find(key);
    if (message) message.failed = code;
    this.save();
  }

  retry(key: string): void {
    const message = this.find(key);
    if (message) delete message.failed;
    this.save();
  }

  private load(): PendingMessage[] {
    try {
      const stored: unknown = JSON.parse(sessionStorage.getItem(this.name) ?? "[]");
      return Array.isArray(stored) ? (stored as PendingMessage[]) : [];
    } catch {
      return [];
    }
  }

  private save(): void {
    try {
      if (this.messages.length) sessionStorage.setItem(this.name, JSON.stringify(this.messages));
      else sessionStorage.removeItem(this.name);
    } catch {
      // Without storage, or with a full one, the messages live as long as this page.
    }
  }
}
