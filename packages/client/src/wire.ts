// The types of the wire, generated from docs/events.json and docs/api.json:
// UPDATE=1 cargo test --workspace --test all reference

/** The stable code of an error. */
export type Code = "invalid" | "too_long" | "bad_image" | "bad_json" | "bad_request" | "unauthenticated" | "bad_credentials" | "forbidden" | "not_a_member" | "wrong_password" | "banned" | "suspended" | "muted" | "read_only" | "too_new" | "joins_locked" | "filtered" | "room_closed" | "not_found" | "room_not_found" | "method_not_allowed" | "room_full" | "email_taken" | "conflict" | "too_many" | "gone" | "too_large" | "unsupported_type" | "misdirected" | "rate_limited" | "busy" | "command_failed" | "unavailable" | "search_unavailable" | "draining" | "internal" | "unknown_event";

/** The codes with which the same request may succeed later. */
export const RETRYABLE: readonly string[] = ["rate_limited", "busy", "unavailable", "draining", "internal"];

/** A user as they see themselves. */
export interface Account {
  bio: string;
  /** `#rrggbb`, a pure function of the id: see [`hue`]. */
  color: string;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  /** Who may open a direct room with the user. */
  directFrom: DirectFrom;
  /** Null for guests, and for users that another server has brought. */
  email: string | null;
  /** Whether the presence is hidden from others, and theirs from the user. */
  hidesPresence: boolean;
  /** Whether the read marks are hidden from others, and theirs from the user. */
  hidesReads: boolean;
  id: string;
  /** Whether the user is an admin of the server. */
  isAdmin: boolean;
  kind: UserKind;
  /** Whether the directory lists the user. */
  listed: boolean;
  name: string;
  picture: string | null;
}

/** A room of which the user is a member now. */
export interface AddedRoom {
  /** Whether an admin has closed the room: nobody joins or writes, and its members may read it. */
  closed: boolean;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  ephemeral: boolean;
  epoch: string;
  history: History;
  id: string;
  /** Until when nobody new comes in; null where people do. RFC 3339 UTC with milliseconds. */
  joinsLockedUntil: string | null;
  /** For how many days the files of messages are kept; 0 for as long as the server keeps them. */
  keepFilesDays: number;
  /** For how many days messages are kept; 0 for as long as the server keeps them. */
  keepMessagesDays: number;
  kind: RoomKind;
  /** Whether the lobby shows it; an unlisted room is joined by its id, link or invite. */
  listed: boolean;
  /** Whether there is a password; neither it nor its hash leaves the server. */
  locked: boolean;
  max: number;
  memberCount: number;
  /** How many users are connected now; filled in by the service, as the store does not know. */
  onlineCount: number;
  owner: User | null;
  /** Whether a stranger has opened this direct room, so that it waits apart. */
  request: boolean;
  rev: number;
  /** Slow mode: seconds between two messages of the same member; 0 where there is none. */
  slowSeconds: number;
  title: string;
  /** Who may write in it. */
  writers: Writers;
}

/** A room as admins see it. */
export interface AdminRoom {
  /** When something last happened in it. RFC 3339 UTC with milliseconds. */
  activeAt: string;
  /** Whether an admin has closed the room: nobody joins or writes, and its members may read it. */
  closed: boolean;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  ephemeral: boolean;
  epoch: string;
  history: History;
  id: string;
  /** Until when nobody new comes in; null where people do. RFC 3339 UTC with milliseconds. */
  joinsLockedUntil: string | null;
  /** For how many days the files of messages are kept; 0 for as long as the server keeps them. */
  keepFilesDays: number;
  /** For how many days messages are kept; 0 for as long as the server keeps them. */
  keepMessagesDays: number;
  kind: RoomKind;
  /** Whether the lobby shows it; an unlisted room is joined by its id, link or invite. */
  listed: boolean;
  /** Whether there is a password; neither it nor its hash leaves the server. */
  locked: boolean;
  max: number;
  memberCount: number;
  /** How many users are connected now; filled in by the service, as the store does not know. */
  onlineCount: number;
  owner: User | null;
  rev: number;
  /** Slow mode: seconds between two messages of the same member; 0 where there is none. */
  slowSeconds: number;
  /** Bytes of its files. */
  storedBytes: number;
  title: string;
  /** Who may write in it. */
  writers: Writers;
}

/** The handshake of `/chat`. */
export interface Auth {
  epoch?: string | null;
  /** An invite code, instead of a password. */
  invite?: string | null;
  /** `ko` or `en`, for the text of system messages. */
  lang?: string | null;
  password?: string | null;
  /** Joins as a member only: a user who has left or was removed meanwhile is refused with `not_a_member`. */
  resume?: boolean;
  /** The room to join on connect; `joined` follows. */
  room?: string | null;
  since?: number | null;
  /** A session token. Without it, the session cookie is used. */
  token?: string | null;
  /** `html` adds the HTML of Madang's own pages to each message. */
  view?: View | null;
}

/** A backup as admins see it. */
export interface Backup {
  bytes: number;
  encrypted: boolean;
  /** RFC 3339 UTC with milliseconds. */
  madeAt: string;
  /** The name of the file. */
  name: string;
}

/** A ban of a user from a room. */
export interface Ban {
  by: User | null;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  /** When it ends by itself; null where it does not. */
  endsAt: string | null;
  reason?: string | null;
  /** Null once the account is deleted. */
  user: User | null;
}

export interface Bans {
  bans: Ban[];
  /** `after` of the next page; null on the last. */
  next: string | null;
}

/** Blocked users, by name. */
export interface Blocks {
  users: User[];
}

/** A program that takes part like a person, in rooms in which its owner is. */
export interface Bot {
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  rights: BotRight[];
  /** When its key was last used, to an hour. */
  usedAt: string | null;
  user: User;
}

export interface BotName {
  name: string;
}

/** What a bot may do. */
export type BotRight = "read" | "join" | "send" | "react" | "direct";

/** A program that takes part like a person, in rooms in which its owner is. */
export interface BotWithKey {
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  /** A secret. It ends after 90 days without use. */
  key: string;
  rights: BotRight[];
  /** When its key was last used, to an hour. */
  usedAt: string | null;
  user: User;
}

export interface Bots {
  /** At most 20, the oldest first. */
  bots: Bot[];
}

/** What is left out stays as it is. */
export interface Change {
  /** At most 160 characters; may be empty. */
  bio?: string | null;
  /** Who may open a direct room with the user: `everybody`, `known` (users who share an open room with them), `accounts` or `nobody`. Direct rooms that exist stay open; see blocks. */
  directFrom?: DirectFrom | null;
  /** Needs the password. */
  email?: string | null;
  /** Whether the user's presence is hidden from others, and theirs from the user. */
  hidesPresence?: boolean | null;
  /** Whether the user's read marks are hidden from others, and theirs from the user. They are while the presence is. */
  hidesReads?: boolean | null;
  /** Whether the directory lists the user. */
  listed?: boolean | null;
  /** 1 to 40 characters. */
  name?: string | null;
  /** The current password, to change the e-mail. */
  password?: string | null;
}

export interface Change2 {
  hidesText: boolean;
}

export interface Change3 {
  /** As for a new one. */
  at?: string | null;
  text?: string | null;
  /** That of the scheduled message, if left out. */
  zone?: string | null;
}

export interface ChangeRoom {
  /** What members may see from before they joined. */
  history?: History | null;
  /** For how many days the files of messages are kept; 0 for as long as the server keeps them, which is the most. */
  keepFilesDays?: number | null;
  /** For how many days messages are kept; 0 for as long as the server keeps them, which is the most. */
  keepMessagesDays?: number | null;
  /** Whether the lobby shows it. */
  listed?: boolean | null;
  max?: number | null;
  /** Null removes the password; left out, it stays. */
  password?: string | null;
  /** Whether all invites of the room are revoked, for example with a new password. */
  revokeInvites?: boolean;
  /** Slow mode: seconds between two messages of the same member, 0 to 21600; 0 for none. */
  slowSeconds?: number | null;
  title?: string | null;
  /** Who may write: `all`, `moderators` (and the owner) or `owner`. */
  writers?: Writers | null;
}

/** What is left out stays as it is. */
export interface ChangeServer {
  /** At most 300 characters. */
  announcement?: string | null;
  directFrom?: DirectFrom | null;
  /** At most 100 hosts of e-mail addresses. */
  emailDomains?: string[] | null;
  /** Null: as the setting `GUESTS` says. */
  guests?: Guests | null;
  /** 0 to 43200. */
  holdMinutes?: number | null;
  /** 0 to 3650; 0 for good. */
  keepFilesDays?: number | null;
  /** 0 to 3650; 0 for a year. */
  keepIdleGuestsDays?: number | null;
  /** 0 to 3650; 0 for good. */
  keepIdleRoomsDays?: number | null;
  /** 0 to 3650; 0 for good. */
  keepMessagesDays?: number | null;
  /** For how many minutes from now nobody signs up or comes in as a guest, 0 to 43200; 0 ends it. */
  lockMinutes?: number | null;
  /** At most 40 characters. */
  name?: string | null;
  /** Null: as the setting `ROOM_CREATORS` says. */
  roomCreators?: RoomCreators | null;
  /** At most 5000 characters. */
  rules?: string | null;
  signUp?: SignUpPolicy | null;
  /** At most 1000 characters. */
  welcome?: string | null;
  /** At most 500. */
  words?: UnwantedWord[] | null;
}

/** What is left out stays as it is. One of the two at a time. Suspending again replaces the end and the reason. */
export interface ChangeUser {
  /** With `suspended`: after how many hours it ends by itself, 1 to 8760; left out, it does not. */
  hours?: number | null;
  /** Whether the user is an admin. Needs an e-mail address and a password to log in with. */
  isAdmin?: boolean | null;
  /** With `suspended`: what the user reads at the log-in, at most 200 characters. */
  reason?: string | null;
  /** Whether the user is suspended: logged out everywhere, without rights of an admin, and refused. */
  suspended?: boolean | null;
}

export interface CloseRoom {
  /** Whether nobody joins or writes in the room; its members may read it. */
  closed: boolean;
}

export interface Command {
  /** The bot or the webhook whose it is; null for one that every room has. */
  bot: User | null;
  hintEn: string;
  /** What it does and takes, in Korean and English. */
  hintKo: string;
  /** Without the slash. */
  name: string;
}

export interface Commands {
  commands: Command[];
}

export interface CreateAccount {
  /** To log in with. */
  email: string;
  /** That others see. */
  name: string;
}

export interface CreatedAccount {
  link: string;
  user: Person;
}

/** A job that was given up. What it was about is not shown. */
export interface DeadJob {
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  diedAt: string;
  kind: string;
  number: number;
  /** How often it was tried. */
  tries: number;
  /** Why the last try failed. */
  why: string;
}

export interface DeadJobs {
  jobs: DeadJob[];
}

export interface DecideReport {
  decision: Decision;
  /** Whether the message is hidden as well: for `warn`, `mute`, `ban` and `suspend`. */
  hide?: boolean;
  /** For `ban` and `suspend`: 1 to 8760; left out, it does not end by itself. */
  hours?: number | null;
  /** For `mute`: 1 to 43200. */
  minutes?: number | null;
  /** What the user is told, for `warn`, `mute` and `ban`: at most 200 characters. */
  reason?: string | null;
}

/** What is done about a report. */
export type Decision = "dismiss" | "show" | "delete" | "hide" | "warn" | "mute" | "ban" | "suspend";

export interface DeleteUser {
  messages: Messages;
}

export interface Deliveries {
  deliveries: Delivery[];
}

export interface Delivery {
  createdAt: string;
  /** When it was delivered or given up; null while it waits. */
  endedAt: string | null;
  event: HookEvent;
  /** The header `webhook-id` of each try. */
  id: string;
  /** The status of the last answer, if there was one. */
  status: number | null;
  tries: number;
  /** Why the last try failed. */
  why: string | null;
}

/** A browser or program that is signed in. */
export interface Device {
  /** What the browser or program calls itself. */
  agent: string | null;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  /** Whether it is the session of the request. */
  current: boolean;
  /** The public id of the session. */
  id: string;
  /** The address from which it signed in. */
  ip: string | null;
  /** When it was last in use, to the hour. */
  seenAt: string;
}

/** The mail for what was missed. */
export interface Digest {
  /** Whether the address is confirmed; before that nothing is mailed. */
  confirmed: boolean;
  /** After how many minutes away it is sent; null for no mail. */
  minutes: number | null;
}

export interface Direct {
  userId: string;
}

/** Who may open a direct room with a user. */
export type DirectFrom = "everybody" | "nobody" | "known" | "accounts";

export interface Draining {
  reconnectInMs: number;
}

/** Edit the text of one's own message. */
export interface Edit {
  id: MessageRef;
  text: string;
}

/** A new session. The token is shown only once. */
export interface Entered {
  token: string;
  user: User;
}

/** A file of a room with its message. */
export interface Entry {
  file: File;
  message: Origin;
}

/** One act. */
export interface Entry2 {
  /** The name of the act, also of one that this version does not know. */
  action: string;
  /** RFC 3339 UTC with milliseconds. */
  at: string;
  /** Who did it. Null for a command of the operator. */
  by: string | null;
  hash: string;
  number: number;
  room: string | null;
  /** The id of the user, the message or the key that it was done to. */
  subject: string;
}

/** A part of a text on one line, with the search terms marked. */
export interface Excerpt {
  /** The matches, as `[from, to)` in characters (Unicode scalar values) of `text`, ascending, not touching each other. */
  marks: number[][];
  text: string;
}

/** What is known of a user's archive. */
export interface Export {
  /** Until when it is kept, once it is ready. */
  endsAt: string | null;
  /** Whether it can be downloaded. */
  ready: boolean;
  /** RFC 3339 UTC with milliseconds. */
  requestedAt: string;
  /** In bytes, once it is ready. */
  size: number | null;
}

export interface Exported {
  /** Null if none was asked for, or it has ended. */
  export: Export | null;
}

/** A stored file as its readers see it. */
export interface File {
  animated?: boolean | null;
  height?: number | null;
  id: string;
  name: string;
  /** A thumbhash, base 64, of at most 25 bytes. */
  placeholder?: string | null;
  /** Bytes. */
  size: number;
  thumbnailUrl?: string | null;
  /** The media type, from the content alone; `application/octet-stream` for an unknown one. Pictures are re-encoded by the server. */
  type: string;
  url: string;
  width?: number | null;
}

export interface Files {
  files: Entry[];
  /** The `before` of the next page. */
  next: string | null;
}

/** A message in the variant for one kind of reader. */
export interface FoundMessage {
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  deletedAt?: string | null;
  editedAt?: string | null;
  excerpt: Excerpt;
  files: File[];
  /** The HTML of Madang's own pages, if requested in the handshake. */
  html?: string | null;
  id: string;
  /** The sender's own id of the send. Only the sender's sockets get it. */
  key?: string | null;
  kind: MessageKind;
  /** The users that the text mentions; left out where there are none. */
  mentions?: Mention[];
  pinnedAt?: string | null;
  /** The preview of the page behind the first link, once it was fetched. */
  preview?: Preview | null;
  reactions: Reaction[];
  replyTo?: Reply | null;
  /** The room's rev of its last change. */
  rev: number;
  roomId: string;
  /** The room's rev at which the message was sent: its place in the history. */
  seq: number;
  /** Whether it notifies nobody; left out where it may. */
  silent?: boolean;
  system?: System | null;
  /** The text. A system message has none in the store; it is filled in for the reader's language. */
  text: string;
  /** The recipient of a whisper. */
  to?: User | null;
  /** The sender; of a system message the user who acted. */
  user: User | null;
}

export interface FoundMessages {
  /** The newest first. */
  messages: FoundMessage[];
  /** `before` of the next page; null on the last. A page may have fewer messages than `limit`, or none, and still not be the last. */
  next: string | null;
}

/** What guests may do. */
export type Guests = "on" | "rooms" | "off";

/** Make someone else the owner of a room. */
export interface HandOver {
  room: RoomRef;
  userId: string;
}

/** What a member may see of a room from before they joined. */
export type History = "all" | "joined";

/** An incoming webhook: a program that knows its address posts into the room. */
export interface Hook {
  by: User | null;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  id: string;
  /** When it was last used, to a minute. */
  usedAt: string | null;
  /** The bot that its messages are by. */
  user: User;
}

/** What an outgoing webhook is sent. */
export type HookEvent = "edit" | "reaction" | "join" | "message" | "delete" | "exit" | "room" | "report" | "roomCreated" | "roomRemoved";

export interface HookName {
  name: string;
}

/** An incoming webhook: a program that knows its address posts into the room. */
export interface HookWithUrl {
  by: User | null;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  id: string;
  /** The address to post to, a secret; without the server's address if `PUBLIC_URL` is not set. */
  url: string;
  /** When it was last used, to a minute. */
  usedAt: string | null;
  /** The bot that its messages are by. */
  user: User;
}

export interface Hooks {
  /** At most 20, the oldest first. */
  hooks: Hook[];
}

/** An invite. Anyone with its code can join without the room's password. */
export interface Invite {
  by: User | null;
  code: string;
  createdAt: string;
  /** RFC 3339 UTC with milliseconds. */
  endsAt: string | null;
  /** The page to join the room; without the server's address if `PUBLIC_URL` is not set. */
  url: string;
  usesLeft: number | null;
}

export interface Invites {
  /** At most 100, the newest first. */
  invites: Invite[];
}

/** Join a room. */
export interface Join {
  /** The epoch of that rev. */
  epoch?: string | null;
  /** An invite code, instead of a password. */
  invite?: string | null;
  password?: string | null;
  /** Joins as a member only: a user who has left or was removed meanwhile is refused with `not_a_member`. */
  resume?: boolean;
  room: RoomRef;
  /** The rev up to which the client has the room. */
  since?: number | null;
}

/** The state of a room for a member who joins. Its events follow from `rev` on. */
export interface Joined {
  /** Drop what you have: `messages` is the newest page. */
  gap?: boolean;
  me: Member;
  /** At most 200 members, online members first. */
  members: Member[];
  /** With `since` everything that changed since, else the newest page. */
  messages: WireMessage[];
  /** Until when `me` may not write, and why. */
  mute?: OwnMute | null;
  rev: number;
  room: Room;
}

/** Remove a member. */
export interface Kick {
  ban?: boolean;
  /** With a ban: after how many hours it ends by itself. */
  hours?: number | null;
  reason?: string | null;
  /** With a ban: whether all invites of the room are revoked, so that a banned guest cannot return with one. */
  revokeInvites?: boolean;
  room: RoomRef;
  userId: string;
}

export interface Kicked {
  reason: string | null;
  room: string;
}

/** The kind of files in a list. */
export type Kind = "image" | "file";

export interface Leave {
  messages: Messages;
  /** The password, if the account has one. */
  password?: string | null;
}

export interface Link {
  link: string;
}

export interface LockJoins {
  /** 0 to 10080; 0 lets people come in again. */
  minutes: number;
}

export interface Log {
  entries: Entry2[];
}

export interface LogIn {
  email: string;
  password: string;
}

export interface Made {
  id: string;
}

/** A member of a room. */
export interface Member {
  /** RFC 3339 UTC with milliseconds. */
  joinedAt: string;
  /** Whether the user is connected to the room now; filled in by the service. */
  online: boolean;
  /** Whether the user is online at all, in this room or elsewhere; filled in by the service. */
  presence: Presence;
  /** Up to where the user has read; null where they or the reader of this keep that to themselves. */
  readSeq: number | null;
  role: Role;
  user: User;
}

export interface Members {
  members: Member[];
}

/** A user that a message mentions, or everybody where there is no `userId`. */
export interface Mention {
  /** The name as it is in the text after the `@`. */
  name: string;
  userId: string | null;
}

export type MessageKind = "text" | "system" | "whisper";

export interface MessageOnly {
  id: MessageRef;
}

/** A message id as a client sends it. An invalid id is treated like an unknown message. */
export type MessageRef = string;

export interface Messages {
  epoch: string;
  /** Forget what you hold: `messages` is the newest page. */
  gap?: boolean;
  messages: WireMessage[];
  /** Whether there is more: with `since`, from the rev of the last message received. */
  more: boolean;
  /** For a page with two sides: whether there are newer messages. */
  newer?: boolean | null;
  /** For a page with two sides: whether there are older messages. */
  older?: boolean | null;
  /** The room's rev at the same moment. */
  rev: number;
}

/** Make a member a moderator, or a member again. */
export interface Moderator {
  on: boolean;
  room: RoomRef;
  userId: string;
}

/** A muted user of a room. */
export interface Mute {
  by: User | null;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  endsAt: string;
  reason?: string | null;
  /** Null once the account is deleted. */
  user: User | null;
}

export interface MuteMember {
  /** 1 to 43200. */
  minutes: number;
  /** At most 200 characters. */
  reason?: string | null;
}

export interface Muted {
  /** Null once the user may write again. A mute that ends by itself sends no event. */
  mute: OwnMute | null;
  room: string;
}

export interface Mutes {
  /** At most 100, the first to write again first. */
  mutes: Mute[];
}

export interface MyRoom {
  last: WireMessage | null;
  me: Member;
  /** Those of them that mention the user, or everyone. */
  mentions: number;
  /** The other user of a direct room; null if their account is deleted. */
  peer: User | null;
  /** That user's presence; `offline` in an open room. */
  presence: Presence;
  /** Whether a stranger has opened this direct room, and the user has neither accepted it nor written in it. Clients show such rooms apart, and do not count their messages. */
  request: boolean;
  room: Room;
  /** Messages of others since the user's read mark, at most 100. */
  unread: number;
}

export interface MyRooms {
  /** `after` of the next page; null on the last. */
  next: string | null;
  rooms: MyRoom[];
}

export interface Nack {
  error: Refusal;
  ok: false;
}

export interface NewBot {
  name: string;
  /** What it may do; nothing else is allowed. */
  rights: BotRight[];
}

export interface NewCommand {
  hintEn: string;
  /** At most 80 characters. */
  hintKo: string;
  /** A word without the slash. */
  name: string;
}

export interface NewGuest {
  /** At most 40 characters; a generated name when left out. */
  name?: string | null;
}

export interface NewInvite {
  /** How many hours it is valid, 1 to 8760; null or left out: no limit. */
  hours?: number | null;
  /** How many people may join with it, 1 to 1000; null or left out: no limit. */
  uses?: number | null;
}

export interface NewMessage {
  fileIds?: string[];
  /** The sender's own id, 1 to 64 bytes: with it a send may be repeated. */
  key?: string | null;
  /** The seq of the message to reply to. */
  replyTo?: number | null;
  /** Whether it notifies nobody: no push, no mail, no sound, and a mention in it is not counted. */
  silent?: boolean;
  text?: string;
  /** For a whisper: the only other person who sees it. */
  to?: string | null;
}

export interface NewOutgoingHook {
  /** Those of a room, or any for one of the server. */
  events: HookEvent[];
  /** Whether it is also sent what bots do. Two programs that answer each other never stop. */
  includesBots?: boolean;
  /** `http` or `https`, on a public host and the default port. */
  url: string;
}

export interface NewPassword {
  /** The current password. */
  current: string;
  /** At least 8 characters, at most 256 bytes, and not a common one. */
  password: string;
}

export interface NewReport {
  /** At most 500 characters. */
  note?: string;
  reason: ReportReason;
}

export interface NewRights {
  /** Left out, the rights stay. */
  rights?: BotRight[] | null;
}

export interface NewRoom {
  /** Whether it vanishes when the last person leaves. */
  ephemeral?: boolean;
  /** What members may see from before they joined; all if left out. */
  history?: History;
  /** Whether the lobby shows it; true if left out. */
  listed?: boolean;
  /** How many members it may have; 50 if left out. */
  max?: number | null;
  password?: string | null;
  /** 1 to 80 characters. */
  title: string;
}

export interface NewSignUpLink {
  email: string;
}

export interface NewToken {
  /** The user's id at the calling server: 1 to 200 bytes. */
  externalId: string;
  /** At most 40 characters. */
  name: string;
  /** The https address of their picture. */
  picture?: string | null;
}

export interface NewUser {
  /** The code of the link that was mailed to the address, where only addresses of some domains may sign up (`POST /users/link`). An invalid one is `gone`. */
  code?: string | null;
  email: string;
  /** The code of an invite of the server, where one is needed to sign up. An invalid one is `gone`, whatever the reason. */
  invite?: string | null;
  /** At most 40 characters; when left out, a guest keeps theirs and anyone else gets a generated one. */
  name?: string | null;
  /** At least 8 characters, at most 256 bytes, and not a common one. */
  password: string;
}

export interface NewUserReport {
  /** At most 500 characters. */
  note?: string;
  reason: ReportReason;
  /** The room where it happened: its moderators see the report. Left out, only admins do. */
  roomId?: string | null;
}

export type Nothing = object;

/** What a user has set. */
export interface Notifications {
  /** The people of whose messages the user is not notified, by name. */
  mutedUsers: User[];
  quietHours: QuietHours | null;
  /** The rooms whose level is not `all`. */
  rooms: RoomLevel[];
}

/** How much a room notifies a member. */
export type NotifyLevel = "all" | "none" | "mentions";

/** The message of a file, as far as a list of files shows it. */
export interface Origin {
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  id: string;
  seq: number;
  user: User | null;
}

/** An outgoing webhook: an address that receives what happens in a room or on the server. */
export interface OutgoingHook {
  by: User | null;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  events: HookEvent[];
  id: string;
  /** Whether it is also sent what bots do. */
  includesBots: boolean;
  /** The events that were not queued, as a thousand waited. */
  leftOut: number;
  /** When it was paused, after twenty failures in a row. */
  pausedAt: string | null;
  url: string;
}

/** An outgoing webhook: an address that receives what happens in a room or on the server. */
export interface OutgoingHookWithKey {
  by: User | null;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  events: HookEvent[];
  id: string;
  /** Whether it is also sent what bots do. */
  includesBots: boolean;
  /** The key of the signatures, as Standard Webhooks write it; a secret. */
  key: string;
  /** The events that were not queued, as a thousand waited. */
  leftOut: number;
  /** When it was paused, after twenty failures in a row. */
  pausedAt: string | null;
  url: string;
}

export interface OutgoingHooks {
  /** At most 10, the oldest first. */
  hooks: OutgoingHook[];
}

/** The mute of the user who reads this. */
export interface OwnMute {
  /** RFC 3339 UTC with milliseconds. */
  endsAt: string;
  reason?: string | null;
}

/** A user came into a room or left it. */
export interface Passage {
  /** The number of users online afterwards. */
  count: number;
  /** Whether the user keeps to themselves how far they read. Left out if not. */
  hidesReads?: boolean;
  room: string;
  user: User;
}

/** A user as admins see them. */
export interface Person {
  /** `#rrggbb`, a pure function of the id: see [`hue`]. */
  color: string;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  /** Null for guests, and for users that another server has brought. */
  email: string | null;
  id: string;
  isAdmin: boolean;
  kind: UserKind;
  name: string;
  picture: string | null;
  /** When they were last connected. */
  seenAt: string | null;
  /** Bytes of their files. */
  storedBytes: number;
  suspendedAt: string | null;
  suspendedReason: string | null;
  /** When the suspension ends by itself; null where it does not. */
  suspendedUntil: string | null;
}

/** Pin or unpin a message. */
export interface Pin {
  id: MessageRef;
  on: boolean;
}

export interface Pins {
  messages: WireMessage[];
}

/** Whether a user is there. */
export type Presence = "online" | "away" | "offline";

/** The presence of a user. */
export interface PresenceOf {
  /** When the user went offline, unless they hide it. */
  seenAt?: string | null;
  state: Presence;
  userId: string;
}

/** The preview of a link. The texts are the page's own and may be false. There is no picture, as its server would learn who reads the room. */
export interface Preview {
  description?: string | null;
  /** The name of the site. */
  site?: string | null;
  title: string;
  /** The link as it is in the text. */
  url: string;
}

/** A user's profile as others see it. */
export interface Profile {
  /** A line about themselves; may be empty. */
  bio: string;
  /** `#rrggbb`, a pure function of the id: see [`hue`]. */
  color: string;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  id: string;
  kind: UserKind;
  name: string;
  picture: string | null;
}

export interface PushSubscription {
  /** What the browser calls itself. */
  agent: string | null;
  createdAt: string;
  /** Whether it belongs to the session of the request. */
  current: boolean;
  hidesText: boolean;
  id: string;
  /** Why the last push failed; null if it did not. */
  lastError: string | null;
  /** When the push service took the last push. RFC 3339 UTC with milliseconds. */
  pushedAt: string | null;
}

export interface PushSubscriptions {
  /** The public key of the server, in base64url: the `applicationServerKey` of `pushManager.subscribe()`. */
  key: string;
  /** At most 16, the oldest first. */
  subscriptions: PushSubscription[];
}

/** The hours in which a user is not notified, in minutes of their local day. They may pass midnight. */
export interface QuietHours {
  /** 0 to 1439. */
  from: number;
  /** How many minutes the user's clock is ahead of UTC. */
  minutesEast: number;
  /** 0 to 1439. */
  until: number;
}

/** A message of the context. It stays as it was, whatever happens to the message. */
export interface Quoted {
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  /** Where those of the reported one are, while they are there. */
  fileUrls?: string[];
  /** The names of its files. */
  files: string[];
  /** Whether it is the reported one. */
  isReported: boolean;
  name: string;
  seq: number;
  text: string;
  userId: string | null;
}

/** What a command has done. */
export interface Ran {
  /** An answer for the caller alone. */
  answer: string | null;
  /** The message that was sent. */
  message: WireMessage | null;
}

/** Add or remove a reaction to a message. */
export interface React {
  /** One emoji. */
  emoji: string;
  id: MessageRef;
  on: boolean;
}

export interface Reaction {
  count: number;
  emoji: string;
  /** At most 50. */
  userIds: string[];
}

/** Set the read mark. */
export interface Read {
  room: RoomRef;
  /** The seq of the last message read. */
  seq: number;
}

/** A user has read up to a message. */
export interface ReadBy {
  room: string;
  seq: number;
  userId: string;
}

/** The read marks of many users. */
export interface ReadByMany {
  marks: Record<string, number>;
  room: string;
}

export interface Refusal {
  code: Code;
  field?: string;
  message: string;
  reason?: string;
  retryAfterMs?: number;
}

/** The answered message, as an answer quotes it. */
export interface Reply {
  excerpt: string;
  /** 0 where the answered message is gone for good. */
  seq: number;
  user: User | null;
}

/** A report, as those who decide see it. */
export interface Report {
  /** Who reported, for admins only; null for moderators and for a report of the word filter. */
  by: User | null;
  /** The message and some around it, as they were then. */
  context: Quoted[];
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  decidedAt: string | null;
  decision: Decision | null;
  id: string;
  /** Whether the message is hidden now. */
  isHidden: boolean;
  /** Null for a report of a user as such. */
  messageId: string | null;
  note: string;
  reason: ReportReason;
  /** The room where it happened, and its title; null where it was in none, or in a direct room. */
  roomId: string | null;
  roomTitle: string | null;
  /** The reported user; null once their account is deleted. */
  user: User | null;
}

/** Why somebody reports. */
export type ReportReason = "spam" | "abuse" | "sexual" | "violence" | "privacy" | "other" | "words";

/** How many reports are open. */
export interface Reports {
  open: number;
  /** Null for all of the server, which admins decide. */
  room: string | null;
}

export interface RestEdit {
  text: string;
}

export interface RestHandOver {
  userId: string;
}

export interface RestJoin {
  /** The code of an invite, in place of a password. An invalid one is `gone`, whatever the reason. */
  invite?: string | null;
  password?: string | null;
}

export interface RestJoined {
  member: Member;
  room: Room;
}

export interface RestMembers {
  members: Member[];
  /** `after` of the next page; null on the last. */
  next: string | null;
}

export interface RestReports {
  /** `after` of the next page; null on the last. */
  next: string | null;
  reports: Report[];
}

export interface Rev {
  rev: number;
}

export type Role = "member" | "moderator" | "owner";

/** A room as anyone may see it. */
export interface Room {
  /** Whether an admin has closed the room: nobody joins or writes, and its members may read it. */
  closed: boolean;
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  ephemeral: boolean;
  epoch: string;
  history: History;
  id: string;
  /** Until when nobody new comes in; null where people do. RFC 3339 UTC with milliseconds. */
  joinsLockedUntil: string | null;
  /** For how many days the files of messages are kept; 0 for as long as the server keeps them. */
  keepFilesDays: number;
  /** For how many days messages are kept; 0 for as long as the server keeps them. */
  keepMessagesDays: number;
  kind: RoomKind;
  /** Whether the lobby shows it; an unlisted room is joined by its id, link or invite. */
  listed: boolean;
  /** Whether there is a password; neither it nor its hash leaves the server. */
  locked: boolean;
  max: number;
  memberCount: number;
  /** How many users are connected now; filled in by the service, as the store does not know. */
  onlineCount: number;
  owner: User | null;
  rev: number;
  /** Slow mode: seconds between two messages of the same member; 0 where there is none. */
  slowSeconds: number;
  title: string;
  /** Who may write in it. */
  writers: Writers;
}

/** Who may create open rooms. */
export type RoomCreators = "everyone" | "accounts" | "admins";

export type RoomKind = "open" | "direct";

/** The level of a room that is not `all`. */
export interface RoomLevel {
  level: NotifyLevel;
  room: string;
}

export interface RoomOnly {
  room: RoomRef;
}

/** A room id as a client sends it. An invalid id is treated like an unknown room. */
export type RoomRef = string;

export interface Rooms {
  /** `after` of the next page; null on the last. */
  next: string | null;
  rooms: Room[];
}

export interface Rooms2 {
  /** `after` of the next page; null on the last. */
  next: string | null;
  rooms: AdminRoom[];
}

export interface Run {
  /** The sender's own id, as for a message. */
  key?: string | null;
  /** As it is typed, with the slash. */
  text: string;
  /** The IANA name of the time zone that `/remind` reads times in, such as `Asia/Seoul`; UTC if left out. */
  zone?: string | null;
}

/** The figures of one moment. */
export interface Sample {
  /** Milliseconds since 1970 UTC. */
  atMs: number;
  diskFreeBytes: number;
  memoryBytes: number;
  messagesAMinute: number;
  online: number;
  /** The time in which 99 of 100 messages were stored, in milliseconds. */
  sendP99Ms: number;
}

export interface Schedule {
  /** When it is due, within a year: a local time in `zone` such as `2026-12-01T09:00`, or a time with an offset such as `2026-12-01T00:00:00Z`. A local time stays right when the clocks of its zone change. */
  at: string;
  /** `message` is sent to the room, `reminder` is whispered to the caller. */
  kind?: ScheduledKind;
  /** The seq of a public message that it answers, or reminds of. */
  replyTo?: number | null;
  /** May be empty for a reminder with `replyTo`. */
  text: string;
  /** The IANA name of a zone, such as `Asia/Seoul`. Needed where `at` has no offset. */
  zone?: string | null;
}

export interface Scheduled {
  /** When it is due. RFC 3339 UTC with milliseconds. */
  at: string;
  createdAt: string;
  id: string;
  kind: ScheduledKind;
  /** The same in its zone: `2026-12-01T09:00`. */
  localTime: string;
  /** The error code with which it could not be sent; null while it waits. */
  refused: string | null;
  /** The seq of the message that it answers, or reminds of. */
  replyTo: number | null;
  roomId: string;
  /** The title of the room, or the name of the other user of a direct room; null once one is no longer a member. */
  roomName: string | null;
  text: string;
  /** The IANA name of the zone: `Asia/Seoul`. */
  zone: string;
}

export type ScheduledKind = "message" | "reminder";

export interface ScheduledList {
  /** At most a hundred. */
  scheduled: Scheduled[];
}

/** Send a message. */
export interface Send {
  fileIds?: string[];
  /** The sender's own id of the send, 1 to 64 bytes. It makes the send repeatable. */
  key: string;
  /** The seq of the message replied to. */
  replyTo?: number | null;
  room: RoomRef;
  /** Whether it notifies nobody: no push, no mail, no sound, and a mention in it is not counted. */
  silent?: boolean;
  text?: string;
  /** The recipient of a whisper. */
  to?: string | null;
}

/** A message was stored. */
export interface Sent {
  createdAt: string;
  /** The key was used before; this is the first answer again. */
  dup?: boolean;
  id: string;
  rev: number;
  seq: number;
}

/** What the server says of itself. Empty texts are not set. */
export interface Server {
  announcement: string;
  /** Whether visitors may come in as guests. */
  guests: boolean;
  /** The address of the logo; null for Madang's own. */
  logo: string | null;
  name: string;
  rules: string;
  signUp: SignUpPolicy;
  welcome: string;
}

/** An invite to sign up. */
export interface ServerInvite {
  code: string;
  createdAt: string;
  /** RFC 3339 UTC with milliseconds. */
  endsAt: string | null;
  /** The page to sign up. */
  url: string;
  usesLeft: number | null;
}

export interface ServerInvites {
  /** At most 1000, the newest first. */
  invites: ServerInvite[];
}

/** What admins have set. */
export interface ServerSettings {
  /** A notice that the lobby shows to everybody; empty for none. */
  announcement: string;
  /** Who may open a direct room with somebody else, whatever that user allows. Admins always may. */
  directFrom: DirectFrom;
  /** The hosts of the e-mail addresses that may sign up with `emailDomain`. */
  emailDomains: string[];
  /** What guests may do; null as the setting `GUESTS` says. */
  guests: Guests | null;
  /** For how many minutes somebody new sends no links and no files; 0 for none. */
  holdMinutes: number;
  /** Until when nobody signs up or comes in as a guest, in milliseconds since 1970 UTC; null where people do. */
  joinsLockedUntil: number | null;
  /** For how many days the files of messages are kept; 0 for good, or as long as the message. Rooms may keep them for less. */
  keepFilesDays: number;
  /** After how many days without a visit the session of a guest ends, with their memberships; 0 for the 365 of every guest. */
  keepIdleGuestsDays: number;
  /** After how many days an open room in which nothing happens is removed; 0 for never. */
  keepIdleRoomsDays: number;
  /** For how many days messages are kept; 0 for good. Rooms may keep them for less. */
  keepMessagesDays: number;
  /** The address of the logo, a square picture; null for Madang's own. */
  logo: string | null;
  /** The name of the server on its pages; empty for Madang's own. */
  name: string;
  /** Who may create open rooms; null as the setting `ROOM_CREATORS` says. */
  roomCreators: RoomCreators | null;
  /** The rules of the server, in the lobby and where people sign up. */
  rules: string;
  /** Who may sign up. Users of server keys and admin links are not concerned. */
  signUp: SignUpPolicy;
  /** What the lobby says to visitors; empty for Madang's own sentence. */
  welcome: string;
  /** Words that the server does not want. */
  words: UnwantedWord[];
}

/** The sessions of a user, the last used first. */
export interface Sessions {
  sessions: Device[];
}

export interface SetCommands {
  /** At most twenty. */
  commands: NewCommand[];
}

export interface SetDigest {
  /** 15, 60 or 1440. */
  minutes: number;
}

export interface SetLevel {
  level: NotifyLevel;
}

/** Say whether the user looks at this screen. */
export interface SetPresence {
  /** `online` or `away`. */
  state: Presence;
}

/** The users that a list shows. */
export type Show = "all" | "accounts" | "guests" | "admins" | "suspended";

/** Who may sign up. */
export type SignUpPolicy = "open" | "closed" | "invite" | "emailDomain";

/** A new account. The token is shown only once. */
export interface SignedUp {
  /** `#rrggbb`, a pure function of the id: see [`hue`]. */
  color: string;
  createdAt: string;
  email: string | null;
  id: string;
  kind: UserKind;
  name: string;
  picture: string | null;
  token: string;
}

export interface Status {
  /** The newest first; null where the server makes none by itself. */
  backups: Backup[] | null;
  jobs: Waiting[];
  /** One every ten seconds, the oldest first. */
  samples: Sample[];
  storage: Storage;
}

/** What is stored. */
export interface Storage {
  /** Bytes of all files, without thumbnails. */
  bytes: number;
  files: number;
  /** The open rooms with the most bytes of files. */
  largestRooms: Stored[];
  /** The users with the most bytes of files. */
  largestUsers: Stored[];
  messages: number;
  rooms: number;
  users: number;
}

/** How much one room or one user has stored. */
export interface Stored {
  bytes: number;
  files: number;
  id: string;
  /** The title, or the name. */
  name: string;
}

export interface Subscribe {
  /** The address of the push service. */
  endpoint: string;
  /** As browsers give it; it is not used. */
  expirationTime?: number | null;
  /** Whether pushes say only that there is something new. */
  hidesText?: boolean | null;
  /** `p256dh` and `auth`: the keys of the browser, in base64url. */
  keys: Record<string, string>;
}

/** The content of a system message. */
export interface System {
  /** The user who did it, where that is another. */
  by?: User | null;
  event: SystemEvent;
  max?: number | null;
  /** In a large room: how many besides the named user. */
  others?: number | null;
  reason?: string | null;
  title?: string | null;
  /** The user it happened to: the one removed, the new owner. */
  user?: User | null;
}

export type SystemEvent = "join" | "exit" | "kick" | "ban" | "owner" | "title" | "max" | "password" | "moderator" | "member";

export interface Tested {
  error: string | null;
}

export interface Typing {
  room: string;
  user: User;
}

/** The unread messages of a room. */
export interface Unread {
  /** The newest message of the room. */
  last: WireMessage | null;
  /** How many of them mention the user or everyone. */
  mentions: number;
  /** Whether a stranger has opened this direct room, and the user has not accepted it. Clients do not count it. */
  request: boolean;
  room: string;
  /** Messages of others since the read mark, at most 100. */
  unread: number;
}

/** A word that the server does not want, however it is typed. */
export interface UnwantedWord {
  action: WordAction;
  /** 1 to 40 characters. */
  word: string;
}

/** A user as others see them. */
export interface User {
  /** `#rrggbb`, a pure function of the id: see [`hue`]. */
  color: string;
  id: string;
  kind: UserKind;
  name: string;
  picture: string | null;
}

export type UserKind = "guest" | "account" | "bot";

export interface Users {
  /** `after` of the next page; null on the last. A page may have fewer users than `limit`, or none, and still not be the last. */
  next: string | null;
  users: User[];
}

export interface Users2 {
  /** `after` of the next page; null on the last. */
  next: string | null;
  users: Person[];
}

export type View = "html";

/** The jobs of one kind that wait. */
export interface Waiting {
  count: number;
  kind: string;
  /** When the oldest was queued. RFC 3339 UTC with milliseconds. */
  oldest: string;
}

/** A message in the variant for one kind of reader. */
export interface WireMessage {
  /** RFC 3339 UTC with milliseconds. */
  createdAt: string;
  deletedAt?: string | null;
  editedAt?: string | null;
  files: File[];
  /** The HTML of Madang's own pages, if requested in the handshake. */
  html?: string | null;
  id: string;
  /** The sender's own id of the send. Only the sender's sockets get it. */
  key?: string | null;
  kind: MessageKind;
  /** The users that the text mentions; left out where there are none. */
  mentions?: Mention[];
  pinnedAt?: string | null;
  /** The preview of the page behind the first link, once it was fetched. */
  preview?: Preview | null;
  reactions: Reaction[];
  replyTo?: Reply | null;
  /** The room's rev of its last change. */
  rev: number;
  roomId: string;
  /** The room's rev at which the message was sent: its place in the history. */
  seq: number;
  /** Whether it notifies nobody; left out where it may. */
  silent?: boolean;
  system?: System | null;
  /** The text. A system message has none in the store; it is filled in for the reader's language. */
  text: string;
  /** The recipient of a whisper. */
  to?: User | null;
  /** The sender; of a system message the user who acted. */
  user: User | null;
}

/** What is done about a word that the server does not want. The order is that of the strength. */
export type WordAction = "warn" | "hold" | "refuse";

/** Who may write in an open room. */
export type Writers = "all" | "owner" | "moderators";

/** The events that clients send in `/chat`, and their answers. */
export interface Calls {
  /** Delete a message for everyone: one's own, or any as owner or moderator. */
  delete: { payload: MessageOnly; answer: Rev };
  /** Edit the text of one's own message. */
  edit: { payload: Edit; answer: Rev };
  /** Join a room and get what was missed; its events follow. */
  join: { payload: Join; answer: Joined };
  /** Remove a member, permanently with `ban`. For the owner and moderators. */
  kick: { payload: Kick; answer: Rev };
  /** Leave a room with all sockets of the user. */
  leave: { payload: RoomOnly; answer: Nothing };
  /** List the members of a room, at most 200, online members first. */
  members: { payload: RoomOnly; answer: Members };
  /** Send a message. `ok` means that it is stored durably. */
  message: { payload: Send; answer: Sent };
  /** Make a member a moderator, or a moderator a member again. For the owner. */
  moderator: { payload: Moderator; answer: Rev };
  /** Hand the room over to another member. For the owner. */
  owner: { payload: HandOver; answer: Rev };
  /** Pin or unpin a message in its room. For the owner and moderators. */
  pin: { payload: Pin; answer: Rev };
  /** Say whether the user looks at this screen. A user who looks at none is away. */
  presence: { payload: SetPresence; answer: Nothing };
  /** Add or remove a reaction to a message. */
  react: { payload: React; answer: Rev };
  /** Set the read mark. Others receive it at most once a second. */
  read: { payload: Read; answer: Nothing };
  /** Show that the user is typing. Never stored, sent to others at most once in three seconds. */
  typing: { payload: RoomOnly; answer: Nothing };
}

/** The events that the server sends in `/chat`. */
export interface ChatEvents {
  /** The room's settings changed, or in large rooms its member counts. At most once a second. */
  changeRoom: Room;
  /** The server is about to restart. */
  draining: Draining;
  /** A user left the room or went offline. Sent to the others, except in large rooms. */
  exit: Passage;
  /** A user came into the room. Sent to the others, except in large rooms. */
  join: Passage;
  /** The answer of `join`, for a room named in the handshake. */
  joined: Joined;
  /** The user was removed from the room. Nothing more of it follows, and the socket stays connected. */
  kicked: Kicked;
  /** A new or changed message in its whole present state, in the order of the room's revs. */
  message: WireMessage;
  /** The user was muted in the room until a time, or may write again. */
  muted: Muted;
  /** The user was made a member of a room: someone started a conversation. */
  newRoom: AddedRoom;
  /** A user in a shared room came online, went offline or is away. Not sent for large rooms, nor for users who hide their presence. */
  presence: PresenceOf;
  /** A user has read up to a message. At most once a second, in rooms with at most 20 online. */
  read: ReadBy;
  /** The read marks in rooms with more than 20 online. At most once a second. */
  reads: ReadByMany;
  /** The room was removed. */
  removeRoom: string;
  /** A report was made or decided: how many are open now. For those who decide them, moderators by room and admins by room and for the whole server. At most once a second. */
  reports: Reports;
  /** The highest rev that the user may see, by room. Sent after joining and now and then. */
  rev: Record<string, number>;
  /** A user is typing. May be lost. */
  typing: Typing;
  /** The unread count of one of the user's rooms changed. At most once a second per room, and not if all screens of the user show the room. */
  unread: Unread;
  /** A user in a shared room changed name or picture. */
  user: User;
}

/** The events that the server sends in `/room`. */
export interface LobbyEvents {
  /** A room's title, lock or member counts changed. At most once a second per room. */
  changeRoom: Room;
  /** The server is about to restart. */
  draining: Draining;
  /** A room was created, or is listed again. */
  newRoom: Room;
  /** A room was removed, or is no longer listed. */
  removeRoom: string;
}

/** The calls of REST. */
export interface Routes {
  /** The audit log, newest first. For admins of the server. */
  "GET /api/admin/audit": {
    query?: {
      /** Only entries with a lower number. */
      before?: number | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
    };
    answer: Log;
  };
  /** Make a backup now, with the settings of the scheduled ones; `not_found` where there are none. For admins of the server. */
  "POST /api/admin/backups": {
    answer: undefined;
  };
  /** List valid invites to sign up. For admins of the server. */
  "GET /api/admin/invites": {
    answer: ServerInvites;
  };
  /** Create an invite to sign up, for `signUp: invite`. For admins of the server. */
  "POST /api/admin/invites": {
    body: NewInvite;
    answer: ServerInvite;
  };
  /** Revoke an invite to sign up. For admins of the server. */
  "DELETE /api/admin/invites/{code}": {
    path: { code: string };
    answer: undefined;
  };
  /** List jobs that were given up, the latest first. For admins. */
  "GET /api/admin/jobs": {
    query?: {
      /** The `number` of the last job of the page before. */
      below?: number | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
    };
    answer: DeadJobs;
  };
  /** Try the jobs again at once that wait after a failure. For admins of the server. */
  "POST /api/admin/jobs/retry": {
    answer: undefined;
  };
  /** Drop a job that was given up. For admins. */
  "DELETE /api/admin/jobs/{number}": {
    path: { number: string };
    answer: undefined;
  };
  /** Queue a job that was given up again. For admins. */
  "POST /api/admin/jobs/{number}/retry": {
    path: { number: string };
    answer: undefined;
  };
  /** Remove the logo of the server. For admins of the server. */
  "DELETE /api/admin/logo": {
    answer: ServerSettings;
  };
  /** Set the logo of the server (multipart: `file`); its middle is shown as a square. For admins of the server. */
  "PUT /api/admin/logo": {
    body: FormData;
    answer: ServerSettings;
  };
  /** List outgoing webhooks. Of the whole server; for admins. */
  "GET /api/admin/outgoing-hooks": {
    answer: OutgoingHooks;
  };
  /** Create an outgoing webhook. Its key is shown once. Of the whole server; for admins. */
  "POST /api/admin/outgoing-hooks": {
    body: NewOutgoingHook;
    answer: OutgoingHookWithKey;
  };
  /** Revoke an outgoing webhook. Of the whole server; for admins. */
  "DELETE /api/admin/outgoing-hooks/{hookId}": {
    path: { hookId: string };
    answer: undefined;
  };
  /** List the deliveries of an outgoing webhook of the last three days, the latest first. Of the whole server; for admins. */
  "GET /api/admin/outgoing-hooks/{hookId}/deliveries": {
    path: { hookId: string };
    query?: {
      /** The `id` of the last delivery of the page before. */
      before?: string | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
    };
    answer: Deliveries;
  };
  /** Send a delivery again, under the same id. Of the whole server; for admins. */
  "POST /api/admin/outgoing-hooks/{hookId}/deliveries/{deliveryId}/replay": {
    path: { hookId: string; deliveryId: string };
    answer: undefined;
  };
  /** Let an outgoing webhook that was paused go on with what waits. Of the whole server; for admins. */
  "POST /api/admin/outgoing-hooks/{hookId}/resume": {
    path: { hookId: string };
    answer: OutgoingHook;
  };
  /** Give an outgoing webhook a new key. Of the whole server; for admins. */
  "POST /api/admin/outgoing-hooks/{hookId}/rotate": {
    path: { hookId: string };
    answer: OutgoingHookWithKey;
  };
  /** List all reports, newest first. For admins of the server. */
  "GET /api/admin/reports": {
    query?: {
      /** `next` of the page before. */
      after?: string | null;
      /** Whether the decided ones are listed, and not those that are open. */
      decided?: boolean;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
    };
    answer: RestReports;
  };
  /** List all open rooms, newest first, also unlisted ones. For admins of the server. */
  "GET /api/admin/rooms": {
    query?: {
      /** `next` of the page before. */
      after?: string | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
      /** A part of the title. */
      q?: string;
    };
    answer: Rooms2;
  };
  /** Close a room, so that nobody joins or writes, or open it again. For admins of the server. */
  "PATCH /api/admin/rooms/{id}": {
    path: { id: string };
    body: CloseRoom;
    answer: Room;
  };
  /** Make a member the owner of a room. For admins of the server, who need not be in it. */
  "PUT /api/admin/rooms/{id}/owner": {
    path: { id: string };
    body: RestHandOver;
    answer: Room;
  };
  /** The settings that admins change. For admins of the server. */
  "GET /api/admin/settings": {
    answer: ServerSettings;
  };
  /** Change settings, at once. For admins of the server. */
  "PATCH /api/admin/settings": {
    body: ChangeServer;
    answer: ServerSettings;
  };
  /** Figures of the last hour of this server, what is stored, waiting jobs, backups. For admins of the server. */
  "GET /api/admin/status": {
    answer: Status;
  };
  /** List all users, newest first. For admins of the server. */
  "GET /api/admin/users": {
    query?: {
      /** `next` of the page before. */
      after?: string | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
      /** A part of the name or of the e-mail address. */
      q?: string;
      /** `all`, `accounts`, `guests`, `admins` or `suspended`; all if left out. */
      show?: Show;
    };
    answer: Users2;
  };
  /** Create an account, also where nobody can sign up. Its owner chooses a password by the link, which works once, within a day. For admins of the server. */
  "POST /api/admin/users": {
    body: CreateAccount;
    answer: CreatedAccount;
  };
  /** Delete a user. Messages stay without a sender or are deleted. For admins of the server. */
  "DELETE /api/admin/users/{userId}": {
    path: { userId: string };
    body: DeleteUser;
    answer: undefined;
  };
  /** Suspend a user or lift that, make them an admin or not. For admins of the server, not about oneself. */
  "PATCH /api/admin/users/{userId}": {
    path: { userId: string };
    body: ChangeUser;
    answer: Person;
  };
  /** Create a link with which a user chooses a new password. It works once, within an hour. For admins of the server. */
  "POST /api/admin/users/{userId}/reset": {
    path: { userId: string };
    answer: Link;
  };
  /** End all sessions of a user. For admins of the server. */
  "DELETE /api/admin/users/{userId}/sessions": {
    path: { userId: string };
    answer: undefined;
  };
  /** Open the direct room with a user. */
  "POST /api/direct": {
    body: Direct;
    answer: Room;
  };
  /** Become a guest, with the given or a generated name. */
  "POST /api/guests": {
    body: NewGuest;
    answer: Entered;
  };
  /** Delete the account. Messages stay without a sender or are deleted. */
  "DELETE /api/me": {
    body: Leave;
    answer: undefined;
  };
  /** The signed-in user. */
  "GET /api/me": {
    answer: Account;
  };
  /** Change name, bio, e-mail address, or what others see. With `signUp: emailDomain`, a link is mailed to a new address: `email` stays until it is confirmed there. */
  "PATCH /api/me": {
    body: Change;
    answer: Account;
  };
  /** List blocked users. */
  "GET /api/me/blocks": {
    answer: Blocks;
  };
  /** Unblock a user. */
  "DELETE /api/me/blocks/{userId}": {
    path: { userId: string };
    answer: undefined;
  };
  /** Block a user: they can no longer whisper to you or open a direct room. */
  "PUT /api/me/blocks/{userId}": {
    path: { userId: string };
    answer: undefined;
  };
  /** List one's bots. */
  "GET /api/me/bots": {
    answer: Bots;
  };
  /** Create a bot. Its key, a bearer token and the token of its sockets, is shown once. For accounts. */
  "POST /api/me/bots": {
    body: NewBot;
    answer: BotWithKey;
  };
  /** Delete a bot. Its messages stay, without an author. */
  "DELETE /api/me/bots/{userId}": {
    path: { userId: string };
    answer: undefined;
  };
  /** Rename a bot. */
  "PATCH /api/me/bots/{userId}": {
    path: { userId: string };
    body: BotName;
    answer: Bot;
  };
  /** Give a bot a new key, and other rights if there are any. The old key and its sockets end at once. */
  "POST /api/me/bots/{userId}/rotate": {
    path: { userId: string };
    body: NewRights;
    answer: BotWithKey;
  };
  /** Replace one's slash commands. For bots. */
  "PUT /api/me/commands": {
    body: SetCommands;
    answer: undefined;
  };
  /** Stop the mail for what was missed. */
  "DELETE /api/me/digest": {
    answer: undefined;
  };
  /** Whether missed mentions and direct messages are mailed. */
  "GET /api/me/digest": {
    answer: Digest;
  };
  /** Have missed mentions and direct messages mailed. A mail asks to confirm the address where it is not confirmed. 404 where the server sends no mail. */
  "PUT /api/me/digest": {
    body: SetDigest;
    answer: Digest;
  };
  /** The archive of one's own data, downloaded from `/me/export/madang.zip`. */
  "GET /api/me/export": {
    answer: Exported;
  };
  /** Ask for an archive of one's own data, at most once a day. A job makes it; it is kept for three days. */
  "POST /api/me/export": {
    answer: undefined;
  };
  /** Remove the quiet hours. */
  "DELETE /api/me/notifications": {
    answer: undefined;
  };
  /** How much rooms notify, the quiet hours, and the muted people. */
  "GET /api/me/notifications": {
    answer: Notifications;
  };
  /** Set the quiet hours. */
  "PUT /api/me/notifications": {
    body: QuietHours;
    answer: undefined;
  };
  /** Unmute a person. */
  "DELETE /api/me/notifications/muted/{userId}": {
    path: { userId: string };
    answer: undefined;
  };
  /** Mute a person: their messages stay and notify no more. They do not learn of it. */
  "PUT /api/me/notifications/muted/{userId}": {
    path: { userId: string };
    answer: undefined;
  };
  /** Change the password. All other sessions end and their sockets are closed. */
  "PUT /api/me/password": {
    body: NewPassword;
    answer: undefined;
  };
  /** Remove the profile picture. */
  "DELETE /api/me/picture": {
    answer: User;
  };
  /** Set the profile picture (multipart: `file`); its middle is shown as a square. */
  "PUT /api/me/picture": {
    body: FormData;
    answer: User;
  };
  /** List one's browsers that are pushed to. */
  "GET /api/me/push-subscriptions": {
    answer: PushSubscriptions;
  };
  /** Subscribe a browser, with what `PushSubscription.toJSON()` gives. The subscription ends with the session. */
  "POST /api/me/push-subscriptions": {
    body: Subscribe;
    answer: PushSubscription;
  };
  /** Unsubscribe a browser. */
  "DELETE /api/me/push-subscriptions/{pushId}": {
    path: { pushId: string };
    answer: undefined;
  };
  /** Set whether pushes hide their text. */
  "PATCH /api/me/push-subscriptions/{pushId}": {
    path: { pushId: string };
    body: Change2;
    answer: PushSubscription;
  };
  /** Push a test now. `error` says why it was not delivered; null if it was. */
  "POST /api/me/push-subscriptions/{pushId}/test": {
    path: { pushId: string };
    answer: Tested;
  };
  /** List one's own rooms with unread counts, last active first. */
  "GET /api/me/rooms": {
    query?: {
      /** `next` of the page before. */
      after?: string | null;
      /** 1 to 200; 200 if left out. */
      limit?: number | null;
    };
    answer: MyRooms;
  };
  /** List one's scheduled messages and reminders: first what could not be sent, then what is due next. */
  "GET /api/me/scheduled": {
    answer: ScheduledList;
  };
  /** Cancel a scheduled message. */
  "DELETE /api/me/scheduled/{scheduledId}": {
    path: { scheduledId: string };
    answer: undefined;
  };
  /** Change the text of a scheduled message, when it is due, or both. With a new time, one that was refused is tried again. */
  "PATCH /api/me/scheduled/{scheduledId}": {
    path: { scheduledId: string };
    body: Change3;
    answer: Scheduled;
  };
  /** Send a scheduled message at once. If it is refused, it stays as it was. */
  "POST /api/me/scheduled/{scheduledId}/send": {
    path: { scheduledId: string };
    answer: WireMessage;
  };
  /** Log out everywhere else; with `all` here, too. */
  "DELETE /api/me/sessions": {
    query?: {
      /** Whether the request's own session ends too. */
      all?: boolean;
    };
    answer: undefined;
  };
  /** List the sessions, last used first. */
  "GET /api/me/sessions": {
    answer: Sessions;
  };
  /** End one session. */
  "DELETE /api/me/sessions/{id}": {
    path: { id: string };
    answer: undefined;
  };
  /** Delete a message for everyone: one's own, or any as owner or moderator. */
  "DELETE /api/messages/{id}": {
    path: { id: string };
    answer: WireMessage;
  };
  /** Edit the text of one's own message. */
  "PATCH /api/messages/{id}": {
    path: { id: string };
    body: RestEdit;
    answer: WireMessage;
  };
  /** Show a hidden message again. For the owner and moderators, and for admins of the server. */
  "DELETE /api/messages/{id}/hidden": {
    path: { id: string };
    answer: WireMessage;
  };
  /** Hide a message: for everybody it is as deleted, until it is shown again. For the owner and moderators, and for admins of the server. */
  "PUT /api/messages/{id}/hidden": {
    path: { id: string };
    answer: WireMessage;
  };
  /** Unpin a message. */
  "DELETE /api/messages/{id}/pin": {
    path: { id: string };
    answer: WireMessage;
  };
  /** Pin a message in its room. For the owner and moderators. */
  "PUT /api/messages/{id}/pin": {
    path: { id: string };
    answer: WireMessage;
  };
  /** Remove one's own reaction. */
  "DELETE /api/messages/{id}/reactions/{emoji}": {
    path: { id: string; emoji: string };
    answer: WireMessage;
  };
  /** React to a message. */
  "PUT /api/messages/{id}/reactions/{emoji}": {
    path: { id: string; emoji: string };
    answer: WireMessage;
  };
  /** Report a message to the moderators of its room, or to the admins where only its users may see it. */
  "POST /api/messages/{id}/reports": {
    path: { id: string };
    body: NewReport;
    answer: Made;
  };
  /** This reference. */
  "GET /api/openapi.json": {
    answer: unknown;
  };
  /** Decide a report and carry that out. For the owner and moderators of its room, and for admins of the server. */
  "POST /api/reports/{reportId}/decision": {
    path: { reportId: string };
    body: DecideReport;
    answer: undefined;
  };
  /** List open rooms, busiest first. */
  "GET /api/rooms": {
    query?: {
      /** `next` of the page before. */
      after?: string | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
      /** A part of the title. */
      q?: string | null;
    };
    answer: Rooms;
  };
  /** Create a room. The creator is its owner and a member. */
  "POST /api/rooms": {
    body: NewRoom;
    answer: Room;
  };
  /** Remove a room with all its content. For the owner. */
  "DELETE /api/rooms/{id}": {
    path: { id: string };
    answer: undefined;
  };
  /** Get a room. */
  "GET /api/rooms/{id}": {
    path: { id: string };
    answer: Room;
  };
  /** Change a room. For the owner. */
  "PATCH /api/rooms/{id}": {
    path: { id: string };
    body: ChangeRoom;
    answer: Room;
  };
  /** Accept a stranger's direct room, which waits apart until then. Writing in it accepts it too, and leaving it refuses it for good. */
  "POST /api/rooms/{id}/accept": {
    path: { id: string };
    answer: undefined;
  };
  /** List bans, newest first. For the owner and moderators. */
  "GET /api/rooms/{id}/bans": {
    path: { id: string };
    query?: {
      /** `next` of the page before. */
      after?: string | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
    };
    answer: Bans;
  };
  /** Lift a ban. For the owner and moderators. */
  "DELETE /api/rooms/{id}/bans/{userId}": {
    path: { id: string; userId: string };
    answer: undefined;
  };
  /** List the slash commands of a room: those that every room has, and those of its bots and webhooks. */
  "GET /api/rooms/{id}/commands": {
    path: { id: string };
    answer: Commands;
  };
  /** Run a slash command. One of a bot is whispered to it, and the bot answers by a whisper or to the room; one of a webhook is posted to its address, whose answer is for the caller or for the room. `not_found` for a text that is no command of the room, which may be sent as a message. */
  "POST /api/rooms/{id}/commands": {
    path: { id: string };
    body: Run;
    answer: Ran;
  };
  /** List the files of a room, newest first. */
  "GET /api/rooms/{id}/files": {
    path: { id: string };
    query?: {
      /** Files from before this one. */
      before?: string | null;
      /** Pictures or everything else; pictures if left out. */
      kind?: Kind;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
    };
    answer: Files;
  };
  /** Send files of any kind (multipart: optional `key` and `text`, then one or more `file`). */
  "POST /api/rooms/{id}/files": {
    path: { id: string };
    body: FormData;
    answer: WireMessage;
  };
  /** List incoming webhooks. For the owner and moderators. */
  "GET /api/rooms/{id}/hooks": {
    path: { id: string };
    answer: Hooks;
  };
  /** Create an incoming webhook. Its address is shown once. For the owner and moderators. */
  "POST /api/rooms/{id}/hooks": {
    path: { id: string };
    body: HookName;
    answer: HookWithUrl;
  };
  /** Revoke an incoming webhook. Its messages stay. */
  "DELETE /api/rooms/{id}/hooks/{hookId}": {
    path: { id: string; hookId: string };
    answer: undefined;
  };
  /** Rename an incoming webhook. */
  "PATCH /api/rooms/{id}/hooks/{hookId}": {
    path: { id: string; hookId: string };
    body: HookName;
    answer: Hook;
  };
  /** Set the picture of an incoming webhook (multipart: `file`). */
  "PUT /api/rooms/{id}/hooks/{hookId}/picture": {
    path: { id: string; hookId: string };
    body: FormData;
    answer: Hook;
  };
  /** Give an incoming webhook a new address. The old one is void at once. */
  "POST /api/rooms/{id}/hooks/{hookId}/rotate": {
    path: { id: string; hookId: string };
    answer: HookWithUrl;
  };
  /** List valid invites. For the owner and moderators. */
  "GET /api/rooms/{id}/invites": {
    path: { id: string };
    answer: Invites;
  };
  /** Create an invite, which replaces the password. For the owner and moderators. */
  "POST /api/rooms/{id}/invites": {
    path: { id: string };
    body: NewInvite;
    answer: Invite;
  };
  /** Revoke an invite. For the owner and moderators. */
  "DELETE /api/rooms/{id}/invites/{code}": {
    path: { id: string; code: string };
    answer: undefined;
  };
  /** Let nobody new come in for some minutes, or end that with 0. For the owner and moderators. */
  "PUT /api/rooms/{id}/lock": {
    path: { id: string };
    body: LockJoins;
    answer: Room;
  };
  /** List the members, online members first. */
  "GET /api/rooms/{id}/members": {
    path: { id: string };
    query?: {
      /** `next` of the page before. */
      after?: string | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
    };
    answer: RestMembers;
  };
  /** Join a room. */
  "POST /api/rooms/{id}/members": {
    path: { id: string };
    body: RestJoin;
    answer: RestJoined;
  };
  /** Leave a room. */
  "DELETE /api/rooms/{id}/members/me": {
    path: { id: string };
    answer: undefined;
  };
  /** Remove a member, permanently with `ban`. For the owner and moderators. */
  "DELETE /api/rooms/{id}/members/{userId}": {
    path: { id: string; userId: string };
    query?: {
      /** Whether they are banned from coming back. */
      ban?: boolean;
      /** With a ban: after how many hours it ends by itself, 1 to 8760; left out, it does not. */
      hours?: number | null;
      /** With a ban: whether all invites of the room are revoked, so that a banned guest cannot return with one. */
      revokeInvites?: boolean;
    };
    answer: undefined;
  };
  /** Get a page of history, or the changes since a rev. */
  "GET /api/rooms/{id}/messages": {
    path: { id: string };
    query?: {
      /** Messages after this seq. */
      after?: number | null;
      /** Messages on both sides of this seq. */
      around?: number | null;
      /** Messages on both sides of the first one since this time, RFC 3339. */
      at?: string | null;
      /** Messages before this seq. */
      before?: number | null;
      /** The epoch of that rev. */
      epoch?: string | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
      /** Messages changed since this rev. */
      since?: number | null;
    };
    answer: Messages;
  };
  /** Send a message. */
  "POST /api/rooms/{id}/messages": {
    path: { id: string };
    body: NewMessage;
    answer: WireMessage;
  };
  /** Make a moderator a member again. For the owner. */
  "DELETE /api/rooms/{id}/moderators/{userId}": {
    path: { id: string; userId: string };
    answer: undefined;
  };
  /** Make a member a moderator. For the owner. */
  "PUT /api/rooms/{id}/moderators/{userId}": {
    path: { id: string; userId: string };
    answer: undefined;
  };
  /** List muted users. For the owner and moderators. */
  "GET /api/rooms/{id}/mutes": {
    path: { id: string };
    answer: Mutes;
  };
  /** Let a muted user write again. For the owner and moderators. */
  "DELETE /api/rooms/{id}/mutes/{userId}": {
    path: { id: string; userId: string };
    answer: undefined;
  };
  /** Mute a member: they read and do not write, also after they left and came back. For the owner and moderators. */
  "PUT /api/rooms/{id}/mutes/{userId}": {
    path: { id: string; userId: string };
    body: MuteMember;
    answer: undefined;
  };
  /** Set how much a room notifies: all, mentions, none. */
  "PUT /api/rooms/{id}/notifications": {
    path: { id: string };
    body: SetLevel;
    answer: undefined;
  };
  /** List outgoing webhooks. The owner and moderators manage them. */
  "GET /api/rooms/{id}/outgoing-hooks": {
    path: { id: string };
    answer: OutgoingHooks;
  };
  /** Create an outgoing webhook. Its key is shown once. The owner and moderators manage them. */
  "POST /api/rooms/{id}/outgoing-hooks": {
    path: { id: string };
    body: NewOutgoingHook;
    answer: OutgoingHookWithKey;
  };
  /** Revoke an outgoing webhook. The owner and moderators manage them. */
  "DELETE /api/rooms/{id}/outgoing-hooks/{hookId}": {
    path: { id: string; hookId: string };
    answer: undefined;
  };
  /** Replace the slash commands of an outgoing webhook. They are posted to its address. */
  "PUT /api/rooms/{id}/outgoing-hooks/{hookId}/commands": {
    path: { id: string; hookId: string };
    body: SetCommands;
    answer: undefined;
  };
  /** List the deliveries of an outgoing webhook of the last three days, the latest first. The owner and moderators manage them. */
  "GET /api/rooms/{id}/outgoing-hooks/{hookId}/deliveries": {
    path: { id: string; hookId: string };
    query?: {
      /** The `id` of the last delivery of the page before. */
      before?: string | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
    };
    answer: Deliveries;
  };
  /** Send a delivery again, under the same id. The owner and moderators manage them. */
  "POST /api/rooms/{id}/outgoing-hooks/{hookId}/deliveries/{deliveryId}/replay": {
    path: { id: string; hookId: string; deliveryId: string };
    answer: undefined;
  };
  /** Let an outgoing webhook that was paused go on with what waits. The owner and moderators manage them. */
  "POST /api/rooms/{id}/outgoing-hooks/{hookId}/resume": {
    path: { id: string; hookId: string };
    answer: OutgoingHook;
  };
  /** Give an outgoing webhook a new key. The owner and moderators manage them. */
  "POST /api/rooms/{id}/outgoing-hooks/{hookId}/rotate": {
    path: { id: string; hookId: string };
    answer: OutgoingHookWithKey;
  };
  /** Hand the room over to another member. For the owner. */
  "PUT /api/rooms/{id}/owner": {
    path: { id: string };
    body: RestHandOver;
    answer: Room;
  };
  /** List the pinned messages of a room, latest pin first. */
  "GET /api/rooms/{id}/pins": {
    path: { id: string };
    answer: Pins;
  };
  /** List reports of a room, newest first. For the owner and moderators, and for admins of the server. */
  "GET /api/rooms/{id}/reports": {
    path: { id: string };
    query?: {
      /** `next` of the page before. */
      after?: string | null;
      /** Whether the decided ones are listed, and not those that are open. */
      decided?: boolean;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
    };
    answer: RestReports;
  };
  /** Schedule a message, or a reminder for oneself. It is sent under the rules of the moment at which it is due; what is refused then stays in the list with the reason. */
  "POST /api/rooms/{id}/scheduled": {
    path: { id: string };
    body: Schedule;
    answer: Scheduled;
  };
  /** Search messages, newest first. */
  "GET /api/search": {
    query: {
      /** A day or an RFC 3339 time: only messages from then on. */
      after?: string | null;
      /** `next` of the page before, a day or an RFC 3339 time: only earlier messages. */
      before?: string | null;
      /** Only by this user: a name or an id. */
      from?: string | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
      /** 1 to 200 characters: at most 16 words and "phrases", all of which must be there, with `from:name`, `in:room`, `before:2026-11-20`, `after:2026-11-01` and `has:file` among them. A Korean word is found inside longer words, any other at the beginning of a word. */
      q: string;
      /** Only in this room. */
      room?: string | null;
      /** How many minutes the local time is ahead of UTC, for days; 0 if left out. */
      zone?: number | null;
    };
    answer: FoundMessages;
  };
  /** What the server says of itself. */
  "GET /api/server": {
    answer: Server;
  };
  /** Log out and close the session's sockets. */
  "DELETE /api/session": {
    answer: undefined;
  };
  /** Log in with e-mail address and password. */
  "POST /api/session": {
    body: LogIn;
    answer: Entered;
  };
  /** Create or find a user of your own server, with a server key as bearer. The same id gives the same user. */
  "POST /api/tokens": {
    body: NewToken;
    answer: Entered;
  };
  /** Upload a file for a later message (multipart: `file`). Removed after a day if unused. */
  "POST /api/uploads": {
    body: FormData;
    answer: File;
  };
  /** List accounts by name, or those whose name contains `q`. */
  "GET /api/users": {
    query?: {
      /** `next` of the page before. */
      after?: string | null;
      /** 1 to 100; 50 if left out. */
      limit?: number | null;
      /** A part of the name: syllables, first consonants (ㅎㄱㄷ of 홍길동), letters. */
      q?: string | null;
    };
    answer: Users;
  };
  /** Sign up. A guest becomes the account, with the same id. */
  "POST /api/users": {
    body: NewUser;
    answer: SignedUp;
  };
  /** Mail a link to sign up, where only e-mail addresses of some domains may (`signUp: emailDomain`). The answer does not tell whether the address has an account. */
  "POST /api/users/link": {
    body: NewSignUpLink;
    answer: undefined;
  };
  /** A user's profile. Accounts are visible to everyone, guests to users who share a room with them. */
  "GET /api/users/{id}": {
    path: { id: string };
    answer: Profile;
  };
  /** Report a user: to the moderators of a room that you are in, else to the admins. */
  "POST /api/users/{userId}/reports": {
    path: { userId: string };
    body: NewUserReport;
    answer: Made;
  };
}
