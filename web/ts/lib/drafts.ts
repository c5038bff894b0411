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
    return draftIn(stored(this.place));
  }

  /** Calls the listener when another tab has changed the draft. */
  onChange(signal: AbortSignal, listener: (draft: Draft | null, before: Draft | null) => void): void {
    addEventListener("storage", ({ key, newValue, oldValue }) => key === this.place && listener(draftIn(newValue), draftIn(oldValue)), { signal });
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

/** The text of a message that somebody edits in a room, until it is saved or given up. */
export class EditStore {
  private readonly place: string;

  constructor(me: string, room: string) {
    this.place = `madang.edit.${me}.${room}`;
  }

  load(): { id: string; text: string } | null {
    try {
      const edit: unknown = JSON.parse(stored(this.place) ?? "null");
      const { id, text } = (edit ?? {}) as { id?: unknown; text?: unknown };
      return typeof id === "string" && typeof text === "string" ? { id, text } : null;
    } catch {
      return null;
    }
  }

  save(id: string, text: string): void {
    try {
      localStorage.setItem(this.place, JSON.stringify({ id, text }));
    } catch {
      // Without storage it lives as long as its page.
    }
  }

  remove(id: string): void {
    if (this.load()?.id === id) localStorage.removeItem(this.place);
  }
}

function stored(place: string): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}

function draftIn(text: string | null): Draft | null {
  try {
    const draft: unknown = JSON.parse(text ?? "null");
    return draft && typeof (draft as Draft).text === "string" ? (draft as Draft) : null;
  } catch {
    return null;
  }
}
