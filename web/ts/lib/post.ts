// Sends what is in the outbox, one letter after another and each until it is acknowledged.

import type { Socket } from "socket.io-client";
import { Outbox, type Letter } from "./outbox";
import { codeOf, type Parcel } from "./parcels";
import { UploadFailed } from "./upload";
import { type Answer, isRetryable, type Sent } from "./wire";

export interface Counter {
  sent(key: string, seq: number): void;
  failed(key: string, code: string): void;
  /** Nothing can be sent for so long. */
  wait(ms: number): void;
}

/** Who must wait longer is told so; the letter then waits for its writer and not by itself. */
const PATIENCE = 90_000;

export class Post {
  private readonly outbox: Outbox;
  private readonly parcels = new Map<string, Parcel>();
  private isSending = false;

  constructor(
    me: string,
    private readonly room: string,
    private readonly socket: Socket,
    private readonly counter: Counter,
    private readonly isReady: () => boolean,
  ) {
    this.outbox = new Outbox(me, room);
  }

  letters(): readonly Letter[] {
    return this.outbox.all();
  }

  send(letter: Letter): void {
    this.outbox.add(letter);
    void this.flush();
  }

  async flush(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    try {
      for (let letter = this.outbox.next(); letter && this.isReady(); letter = this.outbox.next()) {
        await this.deliver(letter);
      }
    } finally {
      this.isSending = false;
    }
  }

  retry(key: string): void {
    const parcel = this.parcels.get(key);
    if (parcel) void this.sendFiles(parcel);
    this.outbox.retry(key);
    void this.flush();
  }

  discard(key: string): void {
    this.parcels.get(key)?.drop();
    this.parcels.delete(key);
    this.outbox.remove(key);
  }

  /** Brings up the files of a message, and then sends it with them. */
  async sendFiles(parcel: Parcel): Promise<void> {
    const { letter } = parcel;
    this.parcels.set(letter.key, parcel);
    try {
      const ids = await parcel.rise();
      // Taken back meanwhile.
      if (!this.parcels.has(letter.key)) return;
      await this.deliver(letter, ids);
      this.parcels.delete(letter.key);
      parcel.release();
    } catch (error) {
      if (this.parcels.has(letter.key)) this.counter.failed(letter.key, codeOf(error));
    }
  }

  private async deliver(letter: Letter, fileIds?: string[]): Promise<void> {
    const { key, text, to, replyTo } = letter;
    const message = { room: this.room, key, text, ...(to && { to: to.id }), ...(replyTo && { replyTo: replyTo.seq }), ...(fileIds && { fileIds }) };
    let answer: Answer<Sent>;
    try {
      answer = (await this.socket.timeout(15_000).emitWithAck("message", message)) as Answer<Sent>;
    } catch {
      // No answer: it may have arrived or not. The same key goes out again, so it is there once.
      if (fileIds) throw new UploadFailed({ code: "unavailable", message: "" });
      await pause(1000);
      return;
    }
    if (answer.ok) {
      this.outbox.remove(key);
      this.counter.sent(key, answer.seq);
    } else if (isRetryable(answer.error.code) && !fileIds && (answer.error.retryAfterMs ?? 0) <= PATIENCE) {
      const ms = answer.error.retryAfterMs ?? 2000;
      if (answer.error.code === "rate_limited") this.counter.wait(ms);
      await pause(ms);
    } else if (fileIds) {
      throw new UploadFailed(answer.error);
    } else {
      this.outbox.fail(key, answer.error.code);
      this.counter.failed(key, answer.error.code);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
