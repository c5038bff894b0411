// The types of the wire of the release before, without comments. At a release it takes the place of this file:
// grep -v "^ */\*\*" src/wire.ts, with this head.

export type Code = "invalid" | "too_long" | "bad_image" | "bad_json" | "bad_request" | "unauthenticated" | "bad_credentials" | "forbidden" | "not_a_member" | "wrong_password" | "banned" | "muted" | "read_only" | "too_new" | "joins_locked" | "filtered" | "room_closed" | "not_found" | "room_not_found" | "method_not_allowed" | "room_full" | "email_taken" | "conflict" | "too_many" | "gone" | "too_large" | "unsupported_type" | "misdirected" | "rate_limited" | "busy" | "unavailable" | "search_unavailable" | "draining" | "internal" | "unknown_event";

export const RETRYABLE: readonly string[] = ["rate_limited", "busy", "unavailable", "draining", "internal"];

export interface Account {
  bio: string;
  color: string;
  createdAt: string;
  directFrom: DirectFrom;
  email: string | null;
  hidesPresence: boolean;
  id: string;
  isAdmin: boolean;
  kind: UserKind;
  listed: boolean;
  name: string;
  picture: string | null;
}

export interface AddedRoom {
  createdAt: string;
  ephemeral: boolean;
  epoch: string;
  history: History;
  id: string;
  kind: RoomKind;
  listed: boolean;
  locked: boolean;
  max: number;
  memberCount: number;
  onlineCount: number;
  owner: User | null;
  request: boolean;
  rev: number;
  slowSeconds: number;
  title: string;
}

export interface Auth {
  epoch?: string | null;
  invite?: string | null;
  lang?: string | null;
  password?: string | null;
  room?: string | null;
  since?: number | null;
  token?: string | null;
  view?: View | null;
}

export interface Ban {
  by: User | null;
  createdAt: string;
  reason?: string | null;
  user: User | null;
}

export interface Bans {
  bans: Ban[];
  next: string | null;
}

export interface Blocks {
  users: User[];
}

export interface Change {
  bio?: string | null;
  directFrom?: DirectFrom | null;
  email?: string | null;
  hidesPresence?: boolean | null;
  listed?: boolean | null;
  name?: string | null;
  password?: string | null;
}

export interface ChangeRoom {
  history?: History | null;
  listed?: boolean | null;
  max?: number | null;
  password?: string | null;
  revokeInvites?: boolean;
  slowSeconds?: number | null;
  title?: string | null;
}

export interface Device {
  agent: string | null;
  createdAt: string;
  current: boolean;
  id: string;
  ip: string | null;
  seenAt: string;
}

export interface Direct {
  userId: string;
}

export type DirectFrom = "everybody" | "nobody" | "known" | "accounts";

export interface Draining {
  reconnectInMs: number;
}

export interface Edit {
  id: MessageRef;
  text: string;
}

export interface Entered {
  token: string;
  user: User;
}

export interface Entry {
  file: File;
  message: Origin;
}

export interface Excerpt {
  marks: number[][];
  text: string;
}

export interface File {
  animated?: boolean | null;
  height?: number | null;
  id: string;
  name: string;
  placeholder?: string | null;
  size: number;
  thumbnailUrl?: string | null;
  type: string;
  url: string;
  width?: number | null;
}

export interface Files {
  files: Entry[];
  next: string | null;
}

export interface FoundMessage {
  createdAt: string;
  deletedAt?: string | null;
  editedAt?: string | null;
  excerpt: Excerpt;
  files: File[];
  html?: string | null;
  id: string;
  key?: string | null;
  kind: MessageKind;
  mentions?: Mention[];
  pinnedAt?: string | null;
  preview?: Preview | null;
  reactions: Reaction[];
  replyTo?: Reply | null;
  rev: number;
  roomId: string;
  seq: number;
  system?: System | null;
  text: string;
  to?: User | null;
  user: User | null;
}

export interface FoundMessages {
  messages: FoundMessage[];
  next: string | null;
}

export interface HandOver {
  room: RoomRef;
  userId: string;
}

export type History = "all" | "joined";

export interface Invite {
  by: User | null;
  code: string;
  createdAt: string;
  endsAt: string | null;
  url: string;
  usesLeft: number | null;
}

export interface Invites {
  invites: Invite[];
}

export interface Join {
  epoch?: string | null;
  invite?: string | null;
  password?: string | null;
  room: RoomRef;
  since?: number | null;
}

export interface Joined {
  gap?: boolean;
  me: Member;
  members: Member[];
  messages: WireMessage[];
  rev: number;
  room: Room;
}

export interface Kick {
  ban?: boolean;
  reason?: string | null;
  revokeInvites?: boolean;
  room: RoomRef;
  userId: string;
}

export interface Kicked {
  reason: string | null;
  room: string;
}

export type Kind = "image" | "file";

export interface Leave {
  messages: Messages;
  password?: string | null;
}

export interface LogIn {
  email: string;
  password: string;
}

export interface Member {
  joinedAt: string;
  online: boolean;
  presence: Presence;
  readSeq: number;
  role: Role;
  user: User;
}

export interface Members {
  members: Member[];
}

export interface Mention {
  name: string;
  userId: string | null;
}

export type MessageKind = "text" | "system" | "whisper";

export interface MessageOnly {
  id: MessageRef;
}

export type MessageRef = string;

export interface Messages {
  epoch: string;
  gap?: boolean;
  messages: WireMessage[];
  more: boolean;
  newer?: boolean | null;
  older?: boolean | null;
  rev: number;
}

export interface Moderator {
  on: boolean;
  room: RoomRef;
  userId: string;
}

export interface MyRoom {
  last: WireMessage | null;
  me: Member;
  mentions: number;
  peer: User | null;
  presence: Presence;
  request: boolean;
  room: Room;
  unread: number;
}

export interface MyRooms {
  next: string | null;
  rooms: MyRoom[];
}

export interface Nack {
  error: Refusal;
  ok: false;
}

export interface NewGuest {
  name?: string | null;
}

export interface NewInvite {
  hours?: number | null;
  uses?: number | null;
}

export interface NewMessage {
  fileIds?: string[];
  key?: string | null;
  replyTo?: number | null;
  text?: string;
  to?: string | null;
}

export interface NewPassword {
  current: string;
  password: string;
}

export interface NewRoom {
  ephemeral?: boolean;
  history?: History;
  listed?: boolean;
  max?: number | null;
  password?: string | null;
  title: string;
}

export interface NewToken {
  externalId: string;
  name: string;
  picture?: string | null;
}

export interface NewUser {
  email: string;
  name?: string | null;
  password: string;
}

export type Nothing = object;

export interface Notifications {
  quietHours: QuietHours | null;
  rooms: RoomLevel[];
}

export type NotifyLevel = "all" | "none" | "mentions";

export interface Origin {
  createdAt: string;
  id: string;
  seq: number;
  user: User | null;
}

export interface Passage {
  count: number;
  room: string;
  user: User;
}

export interface Pin {
  id: MessageRef;
  on: boolean;
}

export interface Pins {
  messages: WireMessage[];
}

export type Presence = "online" | "away" | "offline";

export interface PresenceOf {
  seenAt?: string | null;
  state: Presence;
  userId: string;
}

export interface Preview {
  description?: string | null;
  site?: string | null;
  title: string;
  url: string;
}

export interface Profile {
  bio: string;
  color: string;
  createdAt: string;
  id: string;
  kind: UserKind;
  name: string;
  picture: string | null;
}

export interface QuietHours {
  from: number;
  minutesEast: number;
  until: number;
}

export interface React {
  emoji: string;
  id: MessageRef;
  on: boolean;
}

export interface Reaction {
  count: number;
  emoji: string;
  userIds: string[];
}

export interface Read {
  room: RoomRef;
  seq: number;
}

export interface ReadBy {
  room: string;
  seq: number;
  userId: string;
}

export interface ReadByMany {
  marks: Record<string, number>;
  room: string;
}

export interface Refusal {
  code: "invalid" | "too_long" | "bad_image" | "bad_json" | "bad_request" | "unauthenticated" | "bad_credentials" | "forbidden" | "not_a_member" | "wrong_password" | "banned" | "not_found" | "room_not_found" | "method_not_allowed" | "room_full" | "email_taken" | "too_many" | "gone" | "too_large" | "unsupported_type" | "misdirected" | "rate_limited" | "busy" | "unavailable" | "search_unavailable" | "draining" | "internal" | "unknown_event";
  field?: string;
  message: string;
  retryAfterMs?: number;
}

export interface Reply {
  excerpt: string;
  seq: number;
  user: User | null;
}

export interface RestEdit {
  text: string;
}

export interface RestHandOver {
  userId: string;
}

export interface RestJoin {
  invite?: string | null;
  password?: string | null;
}

export interface RestJoined {
  member: Member;
  room: Room;
}

export interface RestMembers {
  members: Member[];
  next: string | null;
}

export interface Rev {
  rev: number;
}

export type Role = "member" | "moderator" | "owner";

export interface Room {
  createdAt: string;
  ephemeral: boolean;
  epoch: string;
  history: History;
  id: string;
  kind: RoomKind;
  listed: boolean;
  locked: boolean;
  max: number;
  memberCount: number;
  onlineCount: number;
  owner: User | null;
  rev: number;
  slowSeconds: number;
  title: string;
}

export type RoomKind = "open" | "direct";

export interface RoomLevel {
  level: NotifyLevel;
  room: string;
}

export interface RoomOnly {
  room: RoomRef;
}

export type RoomRef = string;

export interface Rooms {
  next: string | null;
  rooms: Room[];
}

export interface Send {
  fileIds?: string[];
  key: string;
  replyTo?: number | null;
  room: RoomRef;
  text?: string;
  to?: string | null;
}

export interface Sent {
  createdAt: string;
  dup?: boolean;
  id: string;
  rev: number;
  seq: number;
}

export interface Sessions {
  sessions: Device[];
}

export interface SetLevel {
  level: NotifyLevel;
}

export interface SetPresence {
  state: Presence;
}

export interface SignedUp {
  color: string;
  createdAt: string;
  email: string | null;
  id: string;
  kind: UserKind;
  name: string;
  picture: string | null;
  token: string;
}

export interface System {
  by?: User | null;
  event: SystemEvent;
  max?: number | null;
  others?: number | null;
  reason?: string | null;
  title?: string | null;
  user?: User | null;
}

export type SystemEvent = "join" | "exit" | "kick" | "ban" | "owner" | "title" | "max" | "password" | "moderator" | "member";

export interface Typing {
  room: string;
  user: User;
}

export interface Unread {
  last: WireMessage | null;
  mentions: number;
  request: boolean;
  room: string;
  unread: number;
}

export interface User {
  color: string;
  id: string;
  kind: UserKind;
  name: string;
  picture: string | null;
}

export type UserKind = "guest" | "account" | "bot";

export interface Users {
  next: string | null;
  users: User[];
}

export type View = "html";

export interface WireMessage {
  createdAt: string;
  deletedAt?: string | null;
  editedAt?: string | null;
  files: File[];
  html?: string | null;
  id: string;
  key?: string | null;
  kind: MessageKind;
  mentions?: Mention[];
  pinnedAt?: string | null;
  preview?: Preview | null;
  reactions: Reaction[];
  replyTo?: Reply | null;
  rev: number;
  roomId: string;
  seq: number;
  system?: System | null;
  text: string;
  to?: User | null;
  user: User | null;
}

export interface Calls {
  delete: { payload: MessageOnly; answer: Rev };
  edit: { payload: Edit; answer: Rev };
  join: { payload: Join; answer: Joined };
  kick: { payload: Kick; answer: Rev };
  leave: { payload: RoomOnly; answer: Nothing };
  members: { payload: RoomOnly; answer: Members };
  message: { payload: Send; answer: Sent };
  moderator: { payload: Moderator; answer: Rev };
  owner: { payload: HandOver; answer: Rev };
  pin: { payload: Pin; answer: Rev };
  presence: { payload: SetPresence; answer: Nothing };
  react: { payload: React; answer: Rev };
  read: { payload: Read; answer: Nothing };
  typing: { payload: RoomOnly; answer: Nothing };
}

export interface ChatEvents {
  changeRoom: Room;
  draining: Draining;
  exit: Passage;
  join: Passage;
  joined: Joined;
  kicked: Kicked;
  message: WireMessage;
  newRoom: AddedRoom;
  presence: PresenceOf;
  read: ReadBy;
  reads: ReadByMany;
  removeRoom: string;
  rev: Record<string, number>;
  typing: Typing;
  unread: Unread;
  user: User;
}

export interface LobbyEvents {
  changeRoom: Room;
  draining: Draining;
  newRoom: Room;
  removeRoom: string;
}

export interface Routes {
  "POST /api/direct": {
    body: Direct;
    answer: Room;
  };
  "POST /api/guests": {
    body: NewGuest;
    answer: Entered;
  };
  "DELETE /api/me": {
    body: Leave;
    answer: undefined;
  };
  "GET /api/me": {
    answer: Account;
  };
  "PATCH /api/me": {
    body: Change;
    answer: Account;
  };
  "GET /api/me/blocks": {
    answer: Blocks;
  };
  "DELETE /api/me/blocks/{userId}": {
    path: { userId: string };
    answer: undefined;
  };
  "PUT /api/me/blocks/{userId}": {
    path: { userId: string };
    answer: undefined;
  };
  "DELETE /api/me/notifications": {
    answer: undefined;
  };
  "GET /api/me/notifications": {
    answer: Notifications;
  };
  "PUT /api/me/notifications": {
    body: QuietHours;
    answer: undefined;
  };
  "PUT /api/me/password": {
    body: NewPassword;
    answer: undefined;
  };
  "DELETE /api/me/picture": {
    answer: User;
  };
  "PUT /api/me/picture": {
    body: FormData;
    answer: User;
  };
  "GET /api/me/rooms": {
    query?: {
      after?: string | null;
      limit?: number | null;
    };
    answer: MyRooms;
  };
  "DELETE /api/me/sessions": {
    query?: {
      all?: boolean;
    };
    answer: undefined;
  };
  "GET /api/me/sessions": {
    answer: Sessions;
  };
  "DELETE /api/me/sessions/{id}": {
    path: { id: string };
    answer: undefined;
  };
  "DELETE /api/messages/{id}": {
    path: { id: string };
    answer: WireMessage;
  };
  "PATCH /api/messages/{id}": {
    path: { id: string };
    body: RestEdit;
    answer: WireMessage;
  };
  "DELETE /api/messages/{id}/pin": {
    path: { id: string };
    answer: WireMessage;
  };
  "PUT /api/messages/{id}/pin": {
    path: { id: string };
    answer: WireMessage;
  };
  "DELETE /api/messages/{id}/reactions/{emoji}": {
    path: { id: string; emoji: string };
    answer: WireMessage;
  };
  "PUT /api/messages/{id}/reactions/{emoji}": {
    path: { id: string; emoji: string };
    answer: WireMessage;
  };
  "GET /api/openapi.json": {
    answer: unknown;
  };
  "GET /api/rooms": {
    query?: {
      after?: string | null;
      limit?: number | null;
      q?: string | null;
    };
    answer: Rooms;
  };
  "POST /api/rooms": {
    body: NewRoom;
    answer: Room;
  };
  "DELETE /api/rooms/{id}": {
    path: { id: string };
    answer: undefined;
  };
  "GET /api/rooms/{id}": {
    path: { id: string };
    answer: Room;
  };
  "PATCH /api/rooms/{id}": {
    path: { id: string };
    body: ChangeRoom;
    answer: Room;
  };
  "POST /api/rooms/{id}/accept": {
    path: { id: string };
    answer: undefined;
  };
  "GET /api/rooms/{id}/bans": {
    path: { id: string };
    query?: {
      after?: string | null;
      limit?: number | null;
    };
    answer: Bans;
  };
  "DELETE /api/rooms/{id}/bans/{userId}": {
    path: { id: string; userId: string };
    answer: undefined;
  };
  "GET /api/rooms/{id}/files": {
    path: { id: string };
    query?: {
      before?: string | null;
      kind?: Kind;
      limit?: number | null;
    };
    answer: Files;
  };
  "POST /api/rooms/{id}/files": {
    path: { id: string };
    body: FormData;
    answer: WireMessage;
  };
  "GET /api/rooms/{id}/invites": {
    path: { id: string };
    answer: Invites;
  };
  "POST /api/rooms/{id}/invites": {
    path: { id: string };
    body: NewInvite;
    answer: Invite;
  };
  "DELETE /api/rooms/{id}/invites/{code}": {
    path: { id: string; code: string };
    answer: undefined;
  };
  "GET /api/rooms/{id}/members": {
    path: { id: string };
    query?: {
      after?: string | null;
      limit?: number | null;
    };
    answer: RestMembers;
  };
  "POST /api/rooms/{id}/members": {
    path: { id: string };
    body: RestJoin;
    answer: RestJoined;
  };
  "DELETE /api/rooms/{id}/members/me": {
    path: { id: string };
    answer: undefined;
  };
  "DELETE /api/rooms/{id}/members/{userId}": {
    path: { id: string; userId: string };
    query?: {
      ban?: boolean;
      revokeInvites?: boolean;
    };
    answer: undefined;
  };
  "GET /api/rooms/{id}/messages": {
    path: { id: string };
    query?: {
      after?: number | null;
      around?: number | null;
      at?: string | null;
      before?: number | null;
      epoch?: string | null;
      limit?: number | null;
      since?: number | null;
    };
    answer: Messages;
  };
  "POST /api/rooms/{id}/messages": {
    path: { id: string };
    body: NewMessage;
    answer: WireMessage;
  };
  "DELETE /api/rooms/{id}/moderators/{userId}": {
    path: { id: string; userId: string };
    answer: undefined;
  };
  "PUT /api/rooms/{id}/moderators/{userId}": {
    path: { id: string; userId: string };
    answer: undefined;
  };
  "PUT /api/rooms/{id}/notifications": {
    path: { id: string };
    body: SetLevel;
    answer: undefined;
  };
  "PUT /api/rooms/{id}/owner": {
    path: { id: string };
    body: RestHandOver;
    answer: Room;
  };
  "GET /api/rooms/{id}/pins": {
    path: { id: string };
    answer: Pins;
  };
  "GET /api/search": {
    query: {
      after?: string | null;
      before?: string | null;
      from?: string | null;
      limit?: number | null;
      q: string;
      room?: string | null;
      zone?: number | null;
    };
    answer: FoundMessages;
  };
  "DELETE /api/session": {
    answer: undefined;
  };
  "POST /api/session": {
    body: LogIn;
    answer: Entered;
  };
  "POST /api/tokens": {
    body: NewToken;
    answer: Entered;
  };
  "POST /api/uploads": {
    body: FormData;
    answer: File;
  };
  "GET /api/users": {
    query?: {
      after?: string | null;
      limit?: number | null;
      q?: string | null;
    };
    answer: Users;
  };
  "POST /api/users": {
    body: NewUser;
    answer: SignedUp;
  };
  "GET /api/users/{id}": {
    path: { id: string };
    answer: Profile;
  };
}
