// The users who are typing. An entry expires after five seconds, so no client has to say it stopped.

import { nameInText } from "./strings";
import type { User } from "./wire";

const EXPIRES_MS = 5000;

export class Typing {
  private readonly users = new Map<string, { name: string; timer: number }>();

  constructor(private readonly changed: (names: string[]) => void) {}

  start(user: User): void {
    clearTimeout(this.users.get(user.id)?.timer);
    this.users.set(user.id, { name: nameInText(user.name, user.kind === "guest"), timer: window.setTimeout(() => this.stop(user.id), EXPIRES_MS) });
    this.notify();
  }

  stop(id: string): void {
    const entry = this.users.get(id);
    if (!entry) return;
    clearTimeout(entry.timer);
    this.users.delete(id);
    this.notify();
  }

  private notify(): void {
    this.changed([...this.users.values()].map((entry) => entry.name));
  }
}
