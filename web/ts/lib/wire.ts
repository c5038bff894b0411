// The types of the wire protocol, as far as the pages read them.

export interface User {
  id: string;
  kind: "guest" | "account" | "bot";
  name: string;
  color: string;
  picture: string | null;
}

export interface Room {
  id: string;
  kind: "open" | "direct";
  title: string;
  max: number;
  locked: boolean;
  ephemeral: boolean;
  listed: boolean;
  slowSeconds: number;
  owner: User | null;
  memberCount: number;
  onlineCount: number;
  rev: number;
  epoch: string;
  createdAt: string;
}

export type Presence = "online" | "away" | "offline";

export interface Member {
  user: User;
  role: "owner" | "moderator" | "member";
  online: boolean;
  presence: Presence;
  /** Null where it is kept from the viewer. */
  readSeq: number | null;
}

export interface Message {
  id: string;
  roomId: string;
  seq: number;
  rev: number;
  kind: "text" | "system" | "whisper";
  text: string;
  files: { name: string }[];
  /** Without a `userId` everybody is mentioned. */
  mentions?: { userId?: string; name: string }[];
  createdAt: string;
  deletedAt?: string;
  pinnedAt?: string;
  user: User | null;
  to?: User;
  system?: { event: string; user?: User; others?: number };
  key?: string;
  /** The message rendered by the server, as the page joins with `view: "html"`. */
  html: string;
}

export interface Refusal {
  code: string;
  message: string;
  retryAfterMs?: number;
}

export type Answer<T = object> = ({ ok: true } & T) | { ok: false; error: Refusal };

export interface Joined {
  room: Room;
  me: Member;
  members: Member[];
  rev: number;
  messages: Message[];
  gap?: boolean;
}

/** A room of the user, as `GET /api/me/rooms` returns it. */
export interface MyRoom {
  room: Room;
  peer: User | null;
  presence: Presence;
  unread: number;
  mentions: number;
  last: Message | null;
  /** Opened by a stranger, and not accepted yet. */
  request: boolean;
}

/** The unread messages of a room. */
export interface UnreadChange {
  room: string;
  unread: number;
  mentions: number;
  last: Message | null;
  request: boolean;
}

export interface Sent {
  id: string;
  seq: number;
  rev: number;
}

/** Returns whether the same request may succeed later. */
export function isRetryable(code: string): boolean {
  return ["rate_limited", "busy", "unavailable", "draining", "internal"].includes(code);
}
