import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { Emitter } from "./emitter.js";
import { localError, MadangError, pause } from "./error.js";
import { SendQueue } from "./send_queue.js";
import { rest, type Rest } from "./rest.js";
import { Room, type JoinOptions, type RoomEvents } from "./room.js";
import { Saver, type StateStorage } from "./storage.js";
import type { Calls, ChatEvents, Nack } from "./wire.js";

const TIMEOUT_MS = 10_000;

/** The events of `/chat` in the form of socket.io-client, for `Socket<ServerToClient, ClientToServer>`. */
export type ServerToClient = { [Name in keyof ChatEvents]: (payload: ChatEvents[Name]) => void };
export type ClientToServer = {
  [Name in keyof Calls]: (payload: Calls[Name]["payload"], answer: (answer: Answer<Name>) => void) => void;
};
export type Answer<Name extends keyof Calls> = ({ ok: true } & Calls[Name]["answer"]) | Nack;

export interface Options {
  /** Of a guest, an account or a bot. A page of the server itself may use its cookie instead. */
  token?: string;
  /** The language of system messages. */
  lang?: "ko" | "en";
  /** Keeps sends and positions across restarts; by default they end with the process. */
  storage?: StateStorage;
  /** More options of socket.io-client. */
  io?: Partial<ManagerOptions & SocketOptions>;
}

export interface MadangEvents extends Pick<ChatEvents, "user" | "presence" | "unread" | "newRoom" | "draining"> {
  connected: undefined;
  /** The connection is lost and comes back by itself. */
  disconnected: string;
  /** The server refuses this user for good: nothing is sent or received any more. */
  closed: MadangError;
  /** The storage has not saved. */
  storageFailed: unknown;
}

/** A connection of one user, with the rooms that were joined on it. */
export class Madang extends Emitter<MadangEvents> {
  readonly socket: Socket<ServerToClient, ClientToServer>;
  readonly rest: Rest;
  /** @internal Counts the connections. */
  connection = 0;
  readonly #rooms = new Map<string, Room>();
  readonly #saver: Saver;
  readonly #sends: SendQueue;
  #isClosed = false;

  /** @internal */
  constructor(url: string, { token, lang, storage, io: more }: Options) {
    super();
    this.rest = rest(url, token === undefined ? {} : { token });
    this.#saver = new Saver(storage, (error) => this.emit("storageFailed", error));
    this.#sends = new SendQueue(this.#saver);
    this.socket = io(new URL("/chat", url).href, {
      // Reconnects are spread over seconds, so that a restart does not bring all clients at once.
      reconnectionDelay: 500,
      reconnectionDelayMax: 10_000,
      randomizationFactor: 0.7,
      // Rooms are joined by the event; in a page of the server its address would name one.
      auth: { token, lang, room: "" },
      ...more,
    });
    this.#listen();
  }

  /** Joins a room. Rejects if the server refuses; waits as long as there is no connection. */
  async join(roomId: string, options: JoinOptions = {}): Promise<Room> {
    await this.#saver.ready;
    if (this.#isClosed) throw localError("closed", "the client is closed");
    let room = this.#rooms.get(roomId);
    if (!room) {
      room = new Room(this, roomId, options, this.#sends, this.#saver);
      this.#rooms.set(roomId, room);
      if (this.socket.connected) room.join();
    }
    await room.joined;
    return room;
  }

  /** Sends an event once and returns its answer. */
  call<Name extends keyof Calls>(event: Name, payload: Calls[Name]["payload"], timeoutMs = TIMEOUT_MS): Promise<Calls[Name]["answer"]> {
    return new Promise((resolve, reject) => {
      this.request(event, payload, timeoutMs, (error, answer) => (error ? reject(error) : resolve(answer!)));
    });
  }

  /** Disconnects, and resolves when the state is stored; rejects if it cannot be. What was not sent stays in the storage. */
  async close(): Promise<void> {
    this.#end(localError("closed", "the client is closed"));
    await this.#saver.flush();
  }

  /** @internal Calls `done` at once when the answer comes. */
  request<Name extends keyof Calls>(
    event: Name,
    payload: Calls[Name]["payload"],
    timeoutMs: number,
    done: (error: MadangError | undefined, answer?: Calls[Name]["answer"]) => void,
  ): void {
    if (!this.socket.connected) return done(localError("not_connected", "there is no connection"));
    const answered = (error: Error | null, answer?: Answer<Name>) => {
      if (error || !answer) done(localError("no_answer", `${error?.message}`));
      else if (answer.ok) done(undefined, answer);
      else done(new MadangError((answer as Nack).error));
    };
    // The types of socket.io-client follow no event that is a parameter.
    (this.socket as Socket).timeout(timeoutMs).emit(event, payload, answered);
  }

  /** @internal */
  reconnect(): void {
    this.socket.disconnect().connect();
  }

  /** @internal */
  forget(room: Room): void {
    this.#rooms.delete(room.id);
  }

  #end(error: MadangError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.socket.disconnect();
    this.#sends.abandon(error);
    for (const room of this.#rooms.values()) room.end(error);
  }

  #listen(): void {
    const { socket } = this;
    socket.on("connect", () => {
      this.connection += 1;
      this.emit("connected", undefined);
      for (const room of this.#rooms.values()) room.join();
    });
    socket.on("disconnect", (reason) => {
      for (const room of this.#rooms.values()) room.isLive = false;
      if (this.#isClosed) return;
      this.emit("disconnected", reason);
      void this.#connectLater();
    });
    socket.on("connect_error", (error: Error & { data?: ConstructorParameters<typeof MadangError>[0] }) => {
      const refusal = error.data?.code ? new MadangError(error.data) : undefined;
      if (!refusal || refusal.isRetryable) return void this.#connectLater(refusal?.retryAfterMs);
      this.#end(refusal);
      this.emit("closed", refusal);
    });
    (socket as Socket).onAny(<Name extends keyof ChatEvents>(name: Name, payload: ChatEvents[Name]) => this.#route(name, payload));
  }

  /** Connects again where the stock client does not: after the server closed or refused the namespace. */
  async #connectLater(ms = 1000 + Math.random() * 2000): Promise<void> {
    if (this.socket.active) return;
    await pause(ms);
    if (!this.#isClosed && !this.socket.active) this.socket.connect();
  }

  #route<Name extends keyof ChatEvents>(name: Name, payload: ChatEvents[Name]): void {
    const handler = this.#handlers[name] as ((payload: ChatEvents[Name]) => void) | undefined;
    handler?.(payload);
  }

  #toRoom<Name extends keyof RoomEvents>(name: Name, roomId: string, detail: RoomEvents[Name]): void {
    this.#rooms.get(roomId)?.emit(name, detail);
  }

  readonly #handlers: { [Name in keyof ChatEvents]?: (payload: ChatEvents[Name]) => void } = {
    message: (message) => this.#rooms.get(message.roomId)?.receive(message),
    rev: (revs) => this.#rooms.forEach((room) => room.heartbeat(revs[room.id])),
    kicked: ({ room, reason }) => this.#rooms.get(room)?.close(new MadangError({ code: "not_a_member", message: reason ?? "removed from the room" })),
    removeRoom: (id) => this.#rooms.get(id)?.close(new MadangError({ code: "room_not_found", message: "the room was removed" })),
    changeRoom: (info) => {
      const room = this.#rooms.get(info.id);
      if (room) room.info = info;
      room?.emit("changeRoom", info);
    },
    join: (change) => this.#toRoom("join", change.room, change),
    exit: (change) => this.#toRoom("exit", change.room, change),
    typing: (typing) => this.#toRoom("typing", typing.room, typing),
    read: (read) => this.#toRoom("read", read.room, read),
    reads: (reads) => this.#toRoom("reads", reads.room, reads),
    user: (user) => this.emit("user", user),
    presence: (presence) => this.emit("presence", presence),
    unread: (unread) => this.emit("unread", unread),
    newRoom: (room) => this.emit("newRoom", room),
    draining: (draining) => this.emit("draining", draining),
  };
}

/** Connects to a server, with a token that REST gave to a guest, an account or a bot. */
export function connect(url: string, options: Options = {}): Madang {
  return new Madang(url, options);
}
