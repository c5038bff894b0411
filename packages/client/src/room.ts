import type { Socket } from "socket.io-client";
import type { Madang } from "./client.js";
import { Emitter } from "./emitter.js";
import { localError, MadangError, pause } from "./error.js";
import type { SendQueue } from "./send_queue.js";
import type { Position, Saver } from "./storage.js";
import type * as wire from "./wire.js";

const JOIN_TIMEOUT_MS = 15_000;
/** How many events are held until somebody listens. */
const MAX_HELD = 1000;
/** The server closes the connection on a packet of more than 64 KiB, so such a message would be repeated for ever. */
const MAX_SEND_BYTES = 63 * 1024;

export interface JoinOptions {
  /** Where to go on: a position, or the one in the storage. Without it the newest page comes, as a `reset`. */
  since?: Position | "stored";
  /** Loads all that a gap left out as `message` events, instead of a `reset`. */
  pull?: boolean;
  password?: string;
  invite?: string;
}

/** Drop what you have of the room: `messages` is its newest page. */
export interface Reset {
  /** The first join, too many changes since, or a server that was restored from a backup. */
  reason: "joined" | "gap" | "epoch";
  messages: wire.WireMessage[];
}

export interface RoomEvents extends Pick<wire.ChatEvents, "join" | "exit" | "typing" | "read" | "reads" | "changeRoom"> {
  /** A new message: each once, in the order of the room. */
  message: wire.WireMessage;
  /** A message from before has changed: this is its present state. */
  update: wire.WireMessage;
  reset: Reset;
  /** Joined again after the connection was lost; `members` and `info` are new. */
  joined: wire.Joined;
  /** A send of this room was stored, also one from before a restart. */
  sent: wire.Sent & { key: string };
  /** A send of this room was refused for good. */
  failed: { message: wire.Send; error: MadangError };
  /** The user is no longer in the room, or the room is gone. Nothing follows. */
  closed: MadangError;
}

/** A room that its user has joined. `message`, `update` and `reset` are held until something listens to `message`. */
export class Room extends Emitter<RoomEvents> {
  declare info: wire.Room;
  declare me: wire.Member;
  /** At most 200, as of the last join. */
  members: wire.Member[] = [];
  /** Up to where events were handed out. */
  position: Position | undefined;
  /** @internal Whether it is joined and nothing is missing. */
  isLive = false;
  /** @internal The first answer of the server. */
  readonly joined: Promise<void>;

  #received: Position | undefined;
  #held: (() => void)[] | undefined = [];
  #hasDropped = false;
  #isJoining = false;
  #joinAgain = false;
  #isClosed = false;
  #admit!: () => void;
  #refuse!: (error: MadangError) => void;
  #flow!: () => void;
  readonly #flowing = new Promise<void>((flow) => (this.#flow = flow));

  /** @internal */
  constructor(
    readonly madang: Madang,
    readonly id: string,
    private readonly options: JoinOptions,
    private readonly sends: SendQueue,
    private readonly saver: Saver,
  ) {
    super();
    const { since } = options;
    this.position = since === "stored" ? saver.state.positions[id] : since;
    this.#received = this.position;
    this.joined = new Promise((admit, refuse) => {
      this.#admit = admit;
      this.#refuse = refuse;
    });
  }

  override on<Name extends keyof RoomEvents>(name: Name, listener: (detail: RoomEvents[Name]) => void): () => void {
    // Listeners that are added in the same moment get what is held, too.
    if (name === "message" && this.#held) queueMicrotask(() => this.#release());
    return super.on(name, listener);
  }

  /** Sends a message and repeats it until the server answers, across reconnects, in order. A key is sent once. */
  send(message: string | Omit<wire.Send, "room" | "key">, { key = newKey() } = {}): Promise<wire.Sent> {
    if (this.#isClosed) return Promise.reject(localError("closed", "the room is closed"));
    const send: wire.Send = { ...(typeof message === "string" ? { text: message } : message), room: this.id, key };
    if (new TextEncoder().encode(JSON.stringify(send)).length > MAX_SEND_BYTES) {
      return Promise.reject(new MadangError({ code: "too_long", field: "text", message: "the message is longer than a packet" }));
    }
    const sent = this.sends.add(send);
    void this.sends.drain(this);
    return sent;
  }

  /** The sends of this room that the server has not answered. */
  get pending(): wire.Send[] {
    return this.sends.of(this.id);
  }

  /** Gets a page of messages, the newest one without a place. */
  history(query: { before?: number; after?: number; around?: number; limit?: number } = {}): Promise<wire.Messages> {
    return this.madang.rest("GET /api/rooms/{id}/messages", { path: { id: this.id }, query });
  }

  /** Sets the read mark. */
  async read(seq: number): Promise<void> {
    await this.madang.call("read", { room: this.id, seq });
  }

  /** Shows that the user is typing. May be lost. */
  typing(): void {
    if (this.isLive) (this.madang.socket as Socket).volatile.emit("typing", { room: this.id });
  }

  /** Ends the membership. */
  async leave(): Promise<void> {
    await this.madang.call("leave", { room: this.id });
    this.close(new MadangError({ code: "not_a_member", message: "left" }));
  }

  /** @internal Joins on a new connection, or asks for what is missing. One join is under way at a time. */
  join(): void {
    this.isLive = false;
    this.#joinAgain = this.#isJoining;
    if (this.#isJoining || this.#isClosed) return;
    this.#isJoining = true;
    const since = this.#received;
    const request: wire.Join = { room: this.id };
    if (since) Object.assign(request, { since: since.rev, epoch: since.epoch });
    // A member needs neither, and a removed user does not come back by them. (`resume` would refuse others who have left, too; servers
    // of the release before do not know it.)
    if (!this.info) Object.assign(request, { password: this.options.password, invite: this.options.invite });
    const { connection } = this.madang;
    // Handled at once: the event behind the answer may be in the same packet.
    this.madang.request("join", request, JOIN_TIMEOUT_MS, (error, joined) => {
      if (this.#isClosed) return;
      // What was held has been dropped meanwhile: the answer begins too late.
      if (this.#received !== since) return this.#joinNext();
      const first = joined ? this.#accept(joined, since) : this.#refused(error!, connection);
      if (first) return void first.then(() => this.#joinNext());
      if (this.#joinAgain) return this.#joinNext();
      this.#isJoining = false;
      if (!joined) return;
      this.isLive = true;
      void this.sends.drain(this);
    });
  }

  /** @internal */
  receive(message: wire.WireMessage): void {
    if (!this.isLive || message.rev <= this.#received!.rev) return;
    const isNew = message.seq > this.#received!.rev;
    this.#receive(message, isNew, message.rev);
  }

  /** @internal The server says how far the room is. */
  heartbeat(rev: number | undefined): void {
    if (this.isLive && rev! > this.#received!.rev) this.join();
  }

  /** @internal A send was answered. */
  sent(sent: wire.Sent, key: string): void {
    if (this.#isClosed) return;
    // A bot does not hear itself. Its message leaves no gap.
    if (this.isLive && this.#isBot() && sent.rev === this.#received!.rev + 1) this.#advance(sent.rev);
    this.emit("sent", { ...sent, key });
  }

  /** @internal Ends the room: its user was removed, has left, or was refused. */
  close(error: MadangError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.isLive = false;
    this.madang.forget(this);
    delete this.saver.state.positions[this.id];
    this.saver.change();
    this.sends.failAll(this, error);
    this.#refuse(error);
    this.emit("closed", error);
  }

  /** @internal Ends with the client; what waits stays stored. */
  end(error: MadangError): void {
    this.#isClosed = true;
    this.isLive = false;
    this.#refuse(error);
  }

  #joinNext(): void {
    this.#isJoining = false;
    this.join();
  }

  /** Returns what must be waited for before the room is joined again, if it must be. */
  #refused(error: MadangError, connection: number): Promise<void> | undefined {
    if (error.code === "not_connected" || error.code === "no_answer") {
      // Nothing came in time. Live events would hide the gap; the next connection joins.
      if (connection === this.madang.connection && this.madang.socket.connected) this.madang.reconnect();
    } else if (error.isRetryable) {
      return pause(error.retryAfterMs ?? 1000 + Math.random() * 2000);
    } else {
      this.close(error);
    }
    return undefined;
  }

  #accept(joined: wire.Joined, since: Position | undefined): Promise<void> | undefined {
    const { room, me, members, rev, messages, gap } = joined;
    const isFirst = !this.info;
    Object.assign(this, { info: room, me, members });
    this.#admit();
    const isOther = since && room.epoch !== since.epoch;
    if (since && gap && !isOther && this.options.pull) return this.#pull(rev);
    if (!isFirst) this.emit("joined", joined);
    if (!since || gap || isOther) {
      this.#received = { rev, epoch: room.epoch };
      const reset: Reset = { reason: !since ? "joined" : isOther ? "epoch" : "gap", messages };
      this.#deliver(this.#received, () => this.emit("reset", reset));
      return undefined;
    }
    for (const message of messages.sort((a, b) => a.seq - b.seq)) {
      if (message.rev > since.rev) this.#receive(message, message.seq > since.rev);
    }
    this.#advance(Math.max(rev, since.rev));
    return undefined;
  }

  /** Loads the messages up to a rev page by page, in their order. */
  async #pull(rev: number): Promise<void> {
    await this.#flowing;
    while (!this.#isClosed && this.#received!.rev < rev) {
      try {
        const { messages, more, epoch } = await this.history({ after: this.#received!.rev, limit: 100 });
        if (epoch !== this.#received!.epoch) return;
        const missed = messages.filter(({ seq }) => seq <= rev);
        for (const message of missed) this.#receive(message, true, message.seq);
        if (!more || missed.length < messages.length) this.#advance(rev);
      } catch (error) {
        if (!(error instanceof MadangError)) throw error;
        if (!error.isRetryable) return this.close(error);
        await pause(error.retryAfterMs ?? 1000);
      }
    }
  }

  /** Hands a message out, and advances up to `rev`, if given. */
  #receive(message: wire.WireMessage, isNew: boolean, rev = this.#received!.rev): void {
    this.#received = { ...this.#received!, rev };
    // Live, a bot does not hear itself either.
    const isOwn = this.#isBot() && message.user?.id === this.me.user.id;
    this.#deliver(this.#received, () => isOwn || this.emit(isNew ? "message" : "update", message));
  }

  #advance(rev: number): void {
    this.#received = { ...this.#received!, rev };
    this.#deliver(this.#received);
  }

  #isBot(): boolean {
    return this.me.user.kind === "bot";
  }

  /** Runs `event` with its position, once somebody listens. */
  #deliver(position: Position, event?: () => void): void {
    const run = () => {
      this.position = position;
      event?.();
      if (this.#isClosed) return;
      this.saver.state.positions[this.id] = position;
      this.saver.change();
    };
    if (!this.#held) return run();
    if (this.#held.push(run) < MAX_HELD) return;
    // Too many for nobody: they are asked for again when somebody listens.
    this.#held = [];
    this.#hasDropped = true;
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#flow();
    if (this.#hasDropped) {
      this.#received = this.position;
      return this.join();
    }
    for (const run of held) run();
  }
}

/** `crypto.randomUUID` is missing in pages that come over plain HTTP. */
function newKey(): string {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
