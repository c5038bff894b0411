// Sends pending messages one after another, each until the server acknowledges it.

import type { Socket } from "socket.io-client";
import { type PendingMessage, PendingStore } from "./pending_store";
import { errorCode, type UploadBatch } from "./upload_batch";
import { UploadFailed } from "./upload";
import { type Answer, isRetryable, type Sent } from "./wire";

export interface SendObserver {
  sent(key: string, seq: number): void;
  failed(key: string, code: string): void;
  /** Nothing can be sent for so long. */
  wait(ms: number): void;
}

const ACK_TIMEOUT_MS = 15_000;
/** A longer rate limit fails the message, so that its sender decides. */
const MAX_RETRY_AFTER_MS = 90_000;

export class SendQueue {
  private readonly store: PendingStore;
  private readonly batches = new Map<string, UploadBatch>();
  private isSending = false;

  constructor(
    me: string,
    private readonly room: string,
    private readonly socket: Socket,
    private readonly observer: SendObserver,
    private readonly isReady: () => boolean,
  ) {
    this.store = new PendingStore(me, room);
  }

  pending(): readonly PendingMessage[] {
    return this.store.all();
  }

  send(message: PendingMessage): void {
    this.store.add(message);
    void this.flush();
  }

  async flush(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    try {
      for (let message = this.store.next(); message && this.isReady(); message = this.store.next()) {
        await this.transmit(message);
      }
    } finally {
      this.isSending = false;
    }
  }

  retry(key: string): void {
    const batch = this.batches.get(key);
    if (batch) void this.sendFiles(batch);
    this.store.retry(key);
    void this.flush();
  }

  discard(key: string): void {
    this.batches.get(key)?.cancel();
    this.batches.delete(key);
    this.store.remove(key);
  }

  /** Uploads the files of a message, then sends it with them. */
  async sendFiles(batch: UploadBatch): Promise<void> {
    const { message } = batch;
    this.batches.set(message.key, batch);
    try {
      const ids = await batch.start();
      // Discarded meanwhile.
      if (!this.batches.has(message.key)) return;
      await this.transmit(message, ids);
      this.batches.delete(message.key);
      batch.release();
    } catch (error) {
      if (this.batches.has(message.key)) this.observer.failed(message.key, errorCode(error));
    }
  }

  private async transmit(pending: PendingMessage, fileIds?: string[]): Promise<void> {
    const { key, text, to, replyTo } = pending;
    const request = { room: this.room, key, text, ...(to && { to: to.id }), ...(replyTo && { replyTo: replyTo.seq }), ...(fileIds && { fileIds }) };
    let answer: Answer<Sent>;
    try {
      answer = (await this.socket.timeout(ACK_TIMEOUT_MS).emitWithAck("message", request)) as Answer<Sent>;
    } catch {
      // The message may have arrived or not. The same key is sent again, so it is stored once.
      if (fileIds) throw new UploadFailed({ code: "unavailable", message: "" });
      await pause(1000);
      return;
    }
    if (answer.ok) {
      this.store.remove(key);
      this.observer.sent(key, answer.seq);
    } else if (isRetryable(answer.error.code) && !fileIds && (answer.error.retryAfterMs ?? 0) <= MAX_RETRY_AFTER_MS) {
      const ms = answer.error.retryAfterMs ?? 2000;
      if (answer.error.code === "rate_limited") this.observer.wait(ms);
      await pause(ms);
    } else if (fileIds) {
      throw new UploadFailed(answer.error);
    } else {
      this.store.fail(key, answer.error.code);
      this.observer.failed(key, answer.error.code);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
