export { connect, type Answer, type ClientToServer, type Madang, type MadangEvents, type Options, type ServerToClient } from "./client.js";
export { MadangError, type LocalCode } from "./error.js";
export { rest, type Rest } from "./rest.js";
export type { JoinOptions, Reset, Room, RoomEvents } from "./room.js";
export type { Position, State, StateStorage } from "./storage.js";
export { RETRYABLE } from "./wire.js";
export type * from "./wire.js";
export type { Room as RoomInfo, WireMessage as Message } from "./wire.js";
