import type { Send } from "./wire.js";

/** A place in a room: all of its changes up to `rev` are known. */
export interface Position {
  rev: number;
  /** It changes when the server was restored from a backup; the revs begin again then. */
  epoch: string;
}

/** What outlives the process: sends without an answer in their order, and how far each room was received. */
export interface State {
  sends: Send[];
  positions: Record<string, Position>;
}

/** Keeps the state of one user in one process. It is JSON. */
export interface StateStorage {
  load(): State | null | undefined | Promise<State | null | undefined>;
  save(state: State): void | Promise<void>;
}

/** Loads the state once, and saves what has changed, one save after the other. */
export class Saver {
  readonly state: State = { sends: [], positions: {} };
  /** Resolves when the state is loaded. */
  readonly ready: Promise<void>;
  #hasChanged = false;
  #saving: Promise<void> | undefined;

  constructor(
    private readonly storage: StateStorage | undefined,
    private readonly failed: (error: unknown) => void,
  ) {
    this.ready = this.#load();
    // The error is that of each join.
    this.ready.catch(() => {});
  }

  change(): void {
    this.#hasChanged = true;
    this.#saving ??= this.#save();
  }

  async flush(): Promise<void> {
    await this.#saving;
  }

  async #load(): Promise<void> {
    const stored = await this.storage?.load();
    if (stored) Object.assign(this.state, stored);
  }

  async #save(): Promise<void> {
    while (this.#hasChanged) {
      // Changes of one moment are one save.
      await null;
      this.#hasChanged = false;
      try {
        await this.storage?.save(this.state);
      } catch (error) {
        this.failed(error);
      }
    }
    this.#saving = undefined;
  }
}
