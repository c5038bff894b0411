// The connection to the room of the page. Controllers call its methods and subscribe to its events;
// it knows none of them.

import type { Socket } from "socket.io-client";
import { handleWaiting } from "./event_batch";
import { closeNotifications } from "./push";
import { chat, listen, moveTo } from "./socket";
import type { Reads } from "./unread";
import { type Answer, isRetryable, type Joined, type Message, type OwnMute, type Presence, type Refusal, type RenderedMessage, type Room, type User } from "./wire";

/** The server's snapshot holds no more members than this; above it read positions are unknown. */
export const MAX_MEMBERS = 200;
const READ_INTERVAL_MS = 1000;
const REQUEST_TIMEOUT_MS = 10_000;
const JOIN_TIMEOUT_MS = 15_000;

export interface RoomEvents {
  /** The snapshot, after each connect. With `isReset` all that is shown is stale. */
  joined: Joined & { isReset: boolean };
  lost: undefined;
  /** The join was refused; with `code` it is tried again. */
  refused: { code?: string };
  /** The user is no longer in the room, or the room is gone. */
  closed: { reason: "kicked" | "removed"; why?: string };
  /** The user may not write for a time, or may again. */
  mute: OwnMute | null;
  draining: undefined;
  message: RenderedMessage;
  online: { user: User; count: number };
  offline: { user: User; count: number };
  typing: User;
  reads: Reads | null;
  user: User;
  presence: { userId: string; state: Presence; seenAt?: string };
  change: Room;
}

export type RoomAction = "kick" | "moderator" | "owner" | "react" | "edit" | "delete" | "pin";

export class RoomConnection extends EventTarget {
  private readonly socket: Socket;
  private readonly subscriptions = new AbortController();
  private readPositions: Map<string, number> | null = null;
  private hasJoined = false;
  private hidesReads = false;
  private isClosed = false;
  /** A server of the release before, during an update of several, does not know `resume`. */
  private mayResume = true;
  private readSeq = 0;
  private readTimer = 0;

  constructor(
    readonly roomId: string,
    readonly me: string,
    private rev: number,
    private epoch: string,
  ) {
    super();
    this.socket = chat();
    moveTo(() => this.position());
    this.listen();
  }

  /** Subscribes until `signal` aborts. */
  on<K extends keyof RoomEvents>(name: K, signal: AbortSignal, listener: (detail: RoomEvents[K]) => void): void {
    this.addEventListener(name, (event) => listener((event as CustomEvent<RoomEvents[K]>).detail), { signal });
  }

  get isConnected(): boolean {
    return this.hasJoined;
  }

  /** Read positions by user id; `null` until the join, and in a room too large to know all. */
  get reads(): Reads | null {
    return this.readPositions;
  }

  sendTyping(): void {
    if (this.hasJoined) this.socket.volatile.emit("typing", { room: this.roomId });
  }

  /** Sends the read position, at most once a second. */
  read(seq: number): void {
    if (seq <= this.readSeq) return;
    this.readSeq = seq;
    this.readTimer ||= window.setTimeout(() => this.flushRead(), READ_INTERVAL_MS);
  }

  /** Sends the read position now, as the page is about to go. */
  private flushRead = () => {
    if (!this.readTimer) return;
    clearTimeout(this.readTimer);
    this.readTimer = 0;
    if (this.hasJoined) this.socket.emit("read", { room: this.roomId, seq: this.readSeq });
    void closeNotifications(this.roomId);
  };

  /** Sends a request whose effect comes back as an event. Returns the error code, or `null` when done. */
  async act(action: RoomAction, body: object): Promise<string | null> {
    const timedOut: Answer = { ok: false, error: { code: "unavailable", message: "" } };
    const answer: Answer = await this.socket.timeout(REQUEST_TIMEOUT_MS).emitWithAck(action, body).catch(() => timedOut);
    return answer.ok ? null : answer.error.code;
  }

  /** Stops reconnecting, as the page is about to leave the room. */
  close(): void {
    this.isClosed = true;
    this.flushRead();
    this.hasJoined = false;
  }

  /** Ends with its page. */
  dispose(): void {
    this.close();
    this.subscriptions.abort();
  }

  private emit<K extends keyof RoomEvents>(name: K, detail: RoomEvents[K]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  private position(): object {
    return { room: this.roomId, since: this.rev, epoch: this.epoch, ...(this.mayResume && { resume: true }) };
  }

  private listen(): void {
    const { signal } = this.subscriptions;
    const isHere = (room: string) => room === this.roomId;
    addEventListener("pagehide", this.flushRead, { signal });
    listen(this.socket, signal, {
      connect_error: (error: Error & { data?: Refusal }) => this.refused(error.data),
      disconnect: () => this.lost(),
      joined: (joined: Joined) => this.joined(joined),
      message: (message: RenderedMessage) => isHere(message.roomId) && this.message(message),
      join: ({ room, user, count, hidesReads }: { room: string; user: User; count: number; hidesReads?: boolean }) => {
        if (!isHere(room)) return;
        if (!hidesReads) this.memberJoined(user.id);
        this.emit("online", { user, count });
      },
      exit: ({ room, user, count }: { room: string; user: User; count: number }) => {
        // Going offline ends no membership: the system message of an exit does.
        if (isHere(room)) this.emit("offline", { user, count });
      },
      typing: ({ room, user }: { room: string; user: User }) => isHere(room) && this.emit("typing", user),
      read: ({ room, userId, seq }: { room: string; userId: string; seq: number }) => {
        if (isHere(room)) this.advance({ [userId]: seq });
      },
      reads: ({ room, marks }: { room: string; marks: Record<string, number> }) => isHere(room) && this.advance(marks),
      user: (user: User) => this.emit("user", user),
      presence: (presence: RoomEvents["presence"]) => this.emit("presence", presence),
      changeRoom: (room: Room) => isHere(room.id) && this.emit("change", room),
      removeRoom: (id: string) => isHere(id) && this.emit("closed", { reason: "removed" }),
      muted: ({ room, mute }: { room: string; mute: OwnMute | null }) => isHere(room) && this.emit("mute", mute),
      kicked: ({ room, reason }: { room: string; reason?: string }) => isHere(room) && this.emit("closed", { reason: "kicked", ...(reason && { why: reason }) }),
      draining: () => this.emit("draining", undefined),
      rev: (revs: Record<string, number>) => {
        if (this.hasJoined && (revs[this.roomId] ?? 0) > this.rev) this.resume();
      },
    });
  }

  private joined(joined: Joined): void {
    const { room, members, rev, gap } = joined;
    if (room.id !== this.roomId) return;
    const isReset = Boolean(gap) || room.epoch !== this.epoch;
    this.rev = isReset ? rev : Math.max(this.rev, rev);
    this.epoch = room.epoch;
    this.hasJoined = true;
    this.readPositions = members.length < MAX_MEMBERS ? new Map(members.flatMap(({ user, readSeq }) => (readSeq === null ? [] : [[user.id, readSeq]]))) : null;
    this.hidesReads = members.length > 1 && members.every(({ user, readSeq }) => user.id === this.me || readSeq === null);
    this.emit("joined", { ...joined, isReset });
    this.emit("change", room);
    this.emit("reads", this.readPositions);
  }

  private message(message: RenderedMessage): void {
    this.rev = Math.max(this.rev, message.rev);
    this.emit("message", message);
    const gone = departed(message);
    if (gone && this.readPositions?.delete(gone.id)) this.emit("reads", this.readPositions);
  }

  private memberJoined(id: string): void {
    // Who keeps their marks to themselves knows of none but their own.
    if (!this.readPositions || this.readPositions.has(id) || this.hidesReads) return;
    if (this.readPositions.size < MAX_MEMBERS - 1) this.readPositions.set(id, this.rev);
    else this.readPositions = null;
  }

  /** Read positions only move forward. */
  private advance(marks: Record<string, number>): void {
    for (const [userId, seq] of Object.entries(marks)) {
      if (seq > (this.readPositions?.get(userId) ?? Infinity)) this.readPositions?.set(userId, seq);
    }
    this.emit("reads", this.readPositions);
  }

  /** Asks for what changed since the last known rev. */
  private resume(): void {
    this.socket.timeout(JOIN_TIMEOUT_MS).emit("join", this.position(), (late: Error | null, answer?: Answer<Joined>) => {
      // Its snapshot is newer than the events before it.
      handleWaiting();
      if (!late && answer?.ok) return this.joined(answer);
      // Live messages would hide the gap, so connect again.
      this.socket.disconnect().connect();
    });
  }

  private lost(): void {
    this.hasJoined = false;
    if (this.isClosed) return;
    this.emit("lost", undefined);
    // The client does not reconnect by itself when the server closed the namespace.
    if (!this.socket.active) setTimeout(() => this.socket.connect(), 1000 + Math.random() * 2000);
  }

  private refused(reason?: Refusal): void {
    if (this.isClosed) return;
    if (reason?.code === "invalid" && this.mayResume) {
      this.mayResume = false;
      return void this.socket.connect();
    }
    if (reason && isRetryable(reason.code)) {
      setTimeout(() => this.socket.connect(), reason.retryAfterMs ?? 2000 + Math.random() * 2000);
      return this.emit("refused", { code: reason.code });
    }
    // No longer a member: the same address shows the page to join, or that the room is gone.
    if (reason) return location.replace(reason.code === "unauthenticated" ? signInAgain() : `${location.pathname}?refused=${reason.code}`);
    this.emit("refused", {});
  }
}

/** The user who left or was removed, if that is what a system message says. */
export function departed({ system, user }: Message): User | undefined {
  if (!system || system.others) return undefined;
  if (system.event === "exit") return user ?? undefined;
  return system.event === "kick" || system.event === "ban" ? (system.user ?? undefined) : undefined;
}

/** The page to sign in on, which comes back here: to log in for an account, to join for a guest. */
function signInAgain(): string {
  if (document.body.hasAttribute("data-account")) return `/login?done=ended&next=${encodeURIComponent(location.pathname)}`;
  return `${location.pathname}?refused=unauthenticated`;
}

let connection: RoomConnection | undefined;
let page: HTMLElement | null = null;

/** The connection of the page; made from the data of the room's element when first asked for. */
export function roomConnection(): RoomConnection {
  const room = document.querySelector<HTMLElement>(".room");
  if (connection && room === page) return connection;
  leaveRoom();
  const { roomId = "", roomRev = "0", roomEpoch = "" } = room?.dataset ?? {};
  page = room;
  connection = new RoomConnection(roomId, document.body.dataset["me"] ?? "", Number(roomRev), roomEpoch);
  return connection;
}

/** Ends the connection of the page before. */
export function leaveRoom(): void {
  connection?.dispose();
  connection = undefined;
}
