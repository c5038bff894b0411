// What someone has begun to write in a room. Text is kept in localStorage, as it is written at once, also
// while the page closes; files are in the database.

import { get, put, remove } from "./database";
import type { PendingMessage, Quote } from "./send_queue";

export interface Draft {
  text: string;
  replyTo?: Quote;
  to?: NonNullable<PendingMessage["to"]>;
}

export class DraftStore {
  private readonly name: string;

  /** Two users may share a browser, one after the other: each has drafts of their own. */
  constructor(me: string, room: string) {
    this.name = `${me}.${room}`;
  }

  load(): Draft | null {
    try {
      const stored: unknown = JSON.parse(localStorage.getItem(this.place) ?? "null");
      return stored && typeof (stored as Draft).text === "string" ? (stored as Draft) : null;
    } catch {
      return null;
    }
  }

  save(draft: Draft): void {
    try {
      if (draft.text || draft.replyTo || draft.to) localStorage.setItem(this.place, JSON.stringify(draft));
      else localStorage.removeItem(this.place);
    } catch {
      // Without storage the draft lives as long as its page.
    }
  }

  async files(): Promise<File[]> {
    return (await get<File[]>("drafts", this.name)) ?? [];
  }

  saveFiles(files: File[]): void {
    void (files.length ? put("drafts", this.name, files) : remove("drafts", this.name));
  }

  /** Adds a file that was ready only after its room was left. */
  async addFile(file: File): Promise<void> {
    this.saveFiles([...(await this.files()), file]);
  }

  private get place(): string {
    return `madang.draft.${this.name}`;
  }
}
