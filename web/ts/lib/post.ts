// Sends what is in the outbox, one letter after another and each until it is acknowledged.

import type { Socket } from "socket.io-client";
import { Outbox, type Letter } from "./outbox";
import { upload, UploadFailed } from "./upload";
import { type Answer, isRetryable, type Sent } from "./wire";

export interface Counter {
  sent(key: string, seq: number): void;
  failed(key: string, code: string): void;
  progress(key: string, part: number): void;
}

interface Parcel {
  letter: Letter;
  file: File;
}

export class Post {
  private readonly outbox: Outbox;
  private readonly parcels = new Map<string, Parcel>();
  private isSending = false;

  constructor(
    private readonly room: string,
    private readonly socket: Socket,
    private readonly counter: Counter,
    private readonly isReady: () => boolean,
  ) {
    this.outbox = new Outbox(room);
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
    if (parcel) void this.sendFile(parcel.letter, parcel.file);
    this.outbox.retry(key);
    void this.flush();
  }

  discard(key: string): void {
    this.parcels.delete(key);
    this.outbox.remove(key);
  }

  /** A file is kept only by this page: unlike a letter it cannot outlive a reload. */
  async sendFile(letter: Letter, file: File): Promise<void> {
    this.parcels.set(letter.key, { letter, file });
    const progress = (part: number) => this.counter.progress(letter.key, part);
    try {
      if (letter.to) {
        // A whisper's file goes up alone first; the whisper then takes it along.
        const { id } = await upload<{ id: string }>("/api/uploads", { file }, progress);
        await this.deliver(letter, [id]);
      } else {
        const { key, text } = letter;
        const fields: Record<string, string | File> = text ? { key, text, file } : { key, file };
        const { seq } = await upload<Sent>(`/api/rooms/${this.room}/files`, fields, progress);
        this.counter.sent(key, seq);
      }
      this.parcels.delete(letter.key);
    } catch (error) {
      this.counter.failed(letter.key, error instanceof UploadFailed ? error.refusal.code : "unavailable");
    }
  }

  private async deliver(letter: Letter, fileIds?: string[]): Promise<void> {
    const { key, text, to } = letter;
    const message = { room: this.room, key, text, ...(to && { to: to.id }), ...(fileIds && { fileIds }) };
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
    } else if (isRetryable(answer.error.code) && !fileIds) {
      await pause(answer.error.retryAfterMs ?? 2000);
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
