// What another app has shared with the installed one. The service worker keeps it (`worker/share.ts`) until a room is
// chosen.

import { get, remove } from "./database";

/** Its key among the drafts. */
export const SHARED = "shared";
/** Later nobody remembers it. */
const MAX_AGE_MS = 3_600_000;

export interface Shared {
  text: string;
  files: File[];
  at: number;
  /** Who was signed in; empty if nobody was, so that the next one who signs in may have it. */
  me: string;
}

/** Returns it for a user, unless it is old or of somebody else; then it goes. */
export async function sharedContent(me: string | undefined): Promise<Shared | null> {
  const shared = await get<Shared>("drafts", SHARED);
  if (!shared) return null;
  const isMine = !shared.me || shared.me === me;
  if (isMine && Date.now() - shared.at < MAX_AGE_MS) return shared;
  await forgetShared();
  return null;
}

export function forgetShared(): Promise<void> {
  return remove("drafts", SHARED);
}

/** Returns it once, for the room that was chosen. */
export async function takeShared(me: string): Promise<Shared | null> {
  const shared = await sharedContent(me);
  if (shared) await forgetShared();
  return shared;
}
