import { localError, MadangError, pause } from "./error.js";
import type { Room } from "./room.js";
import type { Saver } from "./storage.js";
import type { Send, Sent } from "./wire.js";

const ACK_TIMEOUT_MS = 15_000;
/** A longer pause is an error, so that the sender decides. */
const MAX_PAUSE_MS = 90_000;

interface Waiting {
  promise: Promise<Sent>;
  resolve: (sent: Sent) => void;
  reject: (error: MadangError) => void;
}

/** The sends that the server has not answered. Each keeps its key, and those of a room go out one after another. */
export class SendQueue {
  readonly #waiting = new Map<string, Waiting>();
  readonly #sending = new Set<Room>();

  constructor(private readonly saver: Saver) {}

  /** Adds a message, unless its key is there already. A key belongs to its sender, whatever the room. */
  add(message: Send): Promise<Sent> {
    if (!this.saver.state.sends.some(({ key }) => key === message.key)) {
      this.saver.state.sends.push(message);
      this.saver.change();
    }
    const known = this.#waiting.get(message.key);
    if (known) return known.promise;
    const waiting = {} as Waiting;
    waiting.promise = new Promise((resolve, reject) => Object.assign(waiting, { resolve, reject }));
    this.#waiting.set(message.key, waiting);
    return waiting.promise;
  }

  of(roomId: string): Send[] {
    return this.saver.state.sends.filter(({ room }) => room === roomId);
  }

  /** Sends what waits for a room, as long as the room is joined. */
  async drain(room: Room): Promise<void> {
    if (this.#sending.has(room)) return;
    this.#sending.add(room);
    for (let [next] = this.of(room.id); next && room.isLive; [next] = this.of(room.id)) {
      try {
        const sent = await room.madang.call("message", next, ACK_TIMEOUT_MS);
        this.#remove(next.key)?.resolve(sent);
        room.sent(sent, next.key);
      } catch (error) {
        if (!(error instanceof MadangError)) throw error;
        const ms = error.retryAfterMs ?? 1000;
        if (!error.isRetryable || ms > MAX_PAUSE_MS) this.#fail(room, next, error);
        // Without a connection the next join sends it.
        else if (room.isLive) await pause(ms);
      }
    }
    this.#sending.delete(room);
  }

  /** Gives up what waits for a room. */
  failAll(room: Room, error: MadangError): void {
    for (const message of this.of(room.id)) this.#fail(room, message, error);
  }

  /** Ends the promises, as nothing is sent any more. The messages stay stored. */
  abandon(error = localError("closed", "closed")): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #fail(room: Room, message: Send, error: MadangError): void {
    this.#remove(message.key)?.reject(error);
    room.emit("failed", { message, error });
  }

  #remove(key: string): Waiting | undefined {
    const { state } = this.saver;
    state.sends = state.sends.filter((message) => message.key !== key);
    this.saver.change();
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting;
  }
}
