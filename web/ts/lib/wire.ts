// The types of the wire as the pages use them. They are those of packages/client, which are generated.

import { RETRYABLE, type ChatEvents, type Joined as AnyJoined, type Nack, type WireMessage } from "../../../packages/client/src/wire";

export type { Member, MyRoom, OwnMute, Presence, Refusal, Room, Sent, User } from "../../../packages/client/src/wire";

export type Message = WireMessage;
/** A message with its HTML, as the pages join with `view: "html"`. */
export type RenderedMessage = Message & { html: string };
export type Joined = AnyJoined & { messages: RenderedMessage[] };
/** The unread messages of a room. */
export type UnreadChange = ChatEvents["unread"];
export type Answer<T = object> = ({ ok: true } & T) | Nack;

/** Returns whether the same request may succeed later. */
export function isRetryable(code: string): boolean {
  return RETRYABLE.includes(code);
}
