// The files of messages on their way: each goes up by itself, and its message takes them along when
// all have arrived. A parcel is kept only by this page: unlike a letter it cannot outlive a reload.

import type { Letter } from "./outbox";
import { Row } from "./parcel";
import { type Rising, upload, UploadFailed } from "./upload";

/** Files of one message that go up at a time. */
const AT_ONCE = 2;

interface Piece {
  file: File;
  row: Row;
  rising?: Rising<{ id: string }>;
  /** Under which the server has it, waiting for its message. */
  id?: string;
}

export class Parcel {
  private pieces: Piece[];

  constructor(
    readonly letter: Letter,
    files: File[],
    /** The last file was taken out, and no text is left to send. */
    private readonly emptied: () => void,
  ) {
    this.pieces = files.map((file) => {
      const piece: Piece = { file, row: new Row(file, () => this.remove(piece)) };
      return piece;
    });
  }

  get rows(): HTMLElement[] {
    return this.pieces.map(({ row }) => row.element);
  }

  /** Brings up what is not up yet, and gives the ids in their order. */
  async rise(): Promise<string[]> {
    const waiting = this.pieces.filter(({ id }) => !id);
    const lift = async () => {
      for (let piece = waiting.shift(); piece; piece = waiting.shift()) await this.lift(piece);
    };
    // Until each has come or failed: a second try must not meet one that is still on its way.
    const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, lift));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
    return this.pieces.flatMap(({ id }) => id ?? []);
  }

  /** Stops what is on its way. */
  drop(): void {
    for (const { rising, row } of this.pieces) {
      rising?.stop();
      row.drop();
    }
  }

  /** The message is there; its rows go with its stand-in. */
  release(): void {
    for (const { row } of this.pieces) row.release();
  }

  private async lift(piece: Piece): Promise<void> {
    // Taken out while it waited for its turn.
    if (!this.pieces.includes(piece)) return;
    piece.row.progress(0);
    piece.rising = upload<{ id: string }>("/api/uploads", { file: piece.file }, (part) => piece.row.progress(part));
    try {
      piece.id = (await piece.rising.done).id;
    } catch (error) {
      // What its sender took out is no failure of the others.
      if (this.pieces.includes(piece)) throw error;
    }
  }

  private remove(piece: Piece): void {
    this.pieces = this.pieces.filter((other) => other !== piece);
    piece.rising?.stop();
    piece.row.drop();
    if (!this.pieces.length && !this.letter.text) this.emptied();
  }
}

/** Why something did not go, as a code. */
export function codeOf(error: unknown): string {
  return error instanceof UploadFailed ? error.refusal.code : "unavailable";
}
