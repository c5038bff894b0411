import { localError } from "./error.js";
import type { Send } from "./wire.js";

/** How long after a failed save the next follows. */
const RETRY_MS = 2_000;

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
  #retry: ReturnType<typeof setTimeout> | undefined;

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

  /** Resolves when all is saved; rejects if the storage does not take it. */
  async flush(): Promise<void> {
    await this.#saving;
    clearTimeout(this.#retry);
    if (!this.#hasChanged) return;
    await this.#ask((storage) => storage.save(this.state));
    this.#hasChanged = false;
  }

  async #load(): Promise<void> {
    const { sends, positions } = (await this.#ask((storage) => storage.load())) ?? {};
    if (Array.isArray(sends)) this.state.sends = sends;
    if (positions) this.state.positions = positions;
  }

  async #ask<T>(act: (storage: StateStorage) => T): Promise<Awaited<T> | undefined> {
    try {
      return this.storage && (await act(this.storage));
    } catch (error) {
      throw localError("storage_failed", String(error));
    }
  }

  async #save(): Promise<void> {
    while (this.#hasChanged) {
      // Changes of one moment are one save.
      await null;
      this.#hasChanged = false;
      try {
        await this.storage?.save(this.state);
        clearTimeout(this.#retry);
      } catch (error) {
        this.#hasChanged = true;
        this.failed(error);
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => this.change(), RETRY_MS);
        break;
      }
    }
    this.#saving = undefined;
  }
}
