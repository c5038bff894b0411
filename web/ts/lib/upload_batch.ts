// The files of one message. Each is uploaded by itself; the message is sent when all have arrived.
// A batch lives as long as its page: unlike a pending text it does not outlive a reload.

import type { PendingMessage } from "./pending_store";
import { type Upload, upload, UploadFailed } from "./upload";
import { UploadItem } from "./upload_item";

const CONCURRENT_UPLOADS = 2;

interface Entry {
  file: File;
  item: UploadItem;
  upload?: Upload<{ id: string }>;
  /** The id of the uploaded file. */
  id?: string;
}

export class UploadBatch {
  private entries: Entry[];

  constructor(
    readonly message: PendingMessage,
    files: File[],
    /** The last file was removed, and there is no text to send. */
    private readonly emptied: () => void,
  ) {
    this.entries = files.map((file) => {
      const entry: Entry = { file, item: new UploadItem(file, () => this.remove(entry)) };
      return entry;
    });
  }

  get rows(): HTMLElement[] {
    return this.entries.map(({ item }) => item.element);
  }

  /** Uploads what is not uploaded yet, and returns the ids in the order of the files. */
  async start(): Promise<string[]> {
    const waiting = this.entries.filter(({ id }) => !id);
    const work = async () => {
      for (let entry = waiting.shift(); entry; entry = waiting.shift()) await this.startOne(entry);
    };
    // All have to settle: a retry must not meet an upload that is still running.
    const outcomes = await Promise.allSettled(Array.from({ length: CONCURRENT_UPLOADS }, work));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
    return this.entries.flatMap(({ id }) => id ?? []);
  }

  cancel(): void {
    for (const { upload, item } of this.entries) {
      upload?.stop();
      item.remove();
    }
  }

  /** Frees the previews once the message is sent. */
  release(): void {
    for (const { item } of this.entries) item.release();
  }

  private async startOne(entry: Entry): Promise<void> {
    // Removed while it waited for its turn.
    if (!this.entries.includes(entry)) return;
    entry.item.progress(0);
    entry.upload = upload<{ id: string }>("/api/uploads", { file: entry.file }, (part) => entry.item.progress(part));
    try {
      entry.id = (await entry.upload.done).id;
    } catch (error) {
      // A file that its sender removed does not fail the others.
      if (this.entries.includes(entry)) throw error;
    }
  }

  private remove(entry: Entry): void {
    this.entries = this.entries.filter((other) => other !== entry);
    entry.upload?.stop();
    entry.item.remove();
    if (!this.entries.length && !this.message.text) this.emptied();
  }
}

export function errorCode(error: unknown): string {
  return error instanceof UploadFailed ? error.refusal.code : "unavailable";
}
