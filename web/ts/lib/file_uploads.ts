// Uploads the files of messages, two at a time. A file that is uploaded keeps its id, so a retry sends only
// what is missing.

import type { PendingFile, PendingMessage } from "./send_queue";
import { type Upload, upload } from "./upload";

const CONCURRENT_UPLOADS = 2;

export class FileUploads {
  private readonly running = new Map<string, Upload<{ id: string }>>();

  constructor(private readonly progress: (key: string, no: number, part: number) => void) {}

  /** Uploads what is not uploaded yet, and calls `stored` after each file. */
  async run(message: PendingMessage, stored: () => void): Promise<void> {
    const waiting = message.files.filter(({ id }) => !id);
    const work = async () => {
      for (let file = waiting.shift(); file; file = waiting.shift()) await this.one(message, file, stored);
    };
    // All have to settle: a retry must not meet an upload that is still running.
    const outcomes = await Promise.allSettled(Array.from({ length: CONCURRENT_UPLOADS }, work));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** Stops the upload of one file, or of all files of a message. */
  stop(key: string, no?: number): void {
    for (const [name, running] of this.running) {
      if (no === undefined ? name.startsWith(`${key}.`) : name === `${key}.${no}`) running.stop();
    }
  }

  private async one(message: PendingMessage, file: PendingFile, stored: () => void): Promise<void> {
    const isWanted = () => message.files.includes(file);
    if (!isWanted()) return;
    const name = `${message.key}.${file.no}`;
    const show = (part: number) => this.progress(message.key, file.no, part);
    show(0);
    const running = upload<{ id: string }>("/api/uploads", { file: file.file }, show);
    this.running.set(name, running);
    try {
      file.id = (await running.done).id;
      stored();
    } catch (error) {
      show(-1);
      // A file that its sender removed does not fail the others.
      if (isWanted()) throw error;
    } finally {
      this.running.delete(name);
    }
  }
}
