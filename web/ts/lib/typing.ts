// Who is writing. A mark goes by itself after five seconds, so that nobody need say they stopped.

import type { User } from "./wire";

const LIFE_MS = 5000;

export class Typing {
  private readonly people = new Map<string, { name: string; timer: number }>();

  constructor(private readonly changed: (names: string[]) => void) {}

  start(user: User): void {
    clearTimeout(this.people.get(user.id)?.timer);
    this.people.set(user.id, { name: user.name, timer: window.setTimeout(() => this.stop(user.id), LIFE_MS) });
    this.tell();
  }

  stop(id: string): void {
    const person = this.people.get(id);
    if (!person) return;
    clearTimeout(person.timer);
    this.people.delete(id);
    this.tell();
  }

  private tell(): void {
    this.changed([...this.people.values()].map((person) => person.name));
  }
}
