// What was written and is not yet acknowledged. It outlives a reload of the page: the same key goes
// out again, and the server answers a key it knows with the first answer.

export interface Letter {
  key: string;
  text: string;
  to?: { id: string; name: string };
  /** The message that is answered. */
  replyTo?: Quote;
  at: string;
  /** The code of the refusal that stopped it; such a letter waits for its writer. */
  failed?: string;
}

export interface Quote {
  seq: number;
  name: string;
  excerpt: string;
}

export class Outbox {
  private letters: Letter[];
  private readonly name: string;

  /** Two people may use one browser, one after the other: each has an outbox of their own. */
  constructor(me: string, roomId: string) {
    this.name = `madang.outbox.${me}.${roomId}`;
    this.letters = this.load();
  }

  all(): readonly Letter[] {
    return this.letters;
  }

  /** The oldest letter that may go out. Letters leave one after another, so they arrive in order. */
  next(): Letter | undefined {
    return this.letters.find((letter) => !letter.failed);
  }

  find(key: string): Letter | undefined {
    return this.letters.find((letter) => letter.key === key);
  }

  add(letter: Letter): void {
    this.letters.push(letter);
    this.save();
  }

  remove(key: string): void {
    this.letters = this.letters.filter((letter) => letter.key !== key);
    this.save();
  }

  fail(key: string, code: string): void {
    const letter = this.find(key);
    if (letter) letter.failed = code;
    this.save();
  }

  retry(key: string): void {
    const letter = this.find(key);
    if (letter) delete letter.failed;
    this.save();
  }

  private load(): Letter[] {
    try {
      const stored: unknown = JSON.parse(sessionStorage.getItem(this.name) ?? "[]");
      return Array.isArray(stored) ? (stored as Letter[]) : [];
    } catch {
      return [];
    }
  }

  private save(): void {
    try {
      if (this.letters.length) sessionStorage.setItem(this.name, JSON.stringify(this.letters));
      else sessionStorage.removeItem(this.name);
    } catch {
      // A full or forbidden store costs the letters their life beyond this page, nothing more.
    }
  }
}
