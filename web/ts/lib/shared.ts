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
}

export async function sharedContent(): Promise<Shared | null> {
  const shared = await get<Shared>("drafts", SHARED);
  return shared && Date.now() - shared.at < MAX_AGE_MS ? shared : null;
}

export function forgetShared(): Promise<void> {
  return remove("drafts", SHARED);
}

/** Returns it once, for the room that was chosen. */
export async function takeShared(): Promise<Shared | null> {
  const shared = await sharedContent();
  if (shared) await forgetShared();
  return shared;
}
