// Messages that are sent later, and reminders.

import { tCount } from "./strings";

export interface Scheduled {
  id: string;
  kind: string;
  roomId: string;
  at: string;
  refused: string | null;
}

interface NewScheduled {
  kind: string;
  text: string;
  replyTo: number | null;
  at: string;
  zone: string;
}

/** Returns the time zone of the browser. */
export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Returns a time as an input of a local time takes it. */
export function localMinute(time: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

function inHours(now: Date, hours: number): Date {
  return new Date(now.getTime() + hours * 3_600_000);
}

/** At nine in the morning, so many days from today. */
function morning(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9);
}

/** In an hour, in three hours, tomorrow morning, Monday morning. */
export const PRESETS: ((now: Date) => Date)[] = [
  (now) => inHours(now, 1),
  (now) => inHours(now, 3),
  (now) => morning(now, 1),
  (now) => morning(now, (8 - now.getDay()) % 7 || 7),
];

export async function schedule(room: string, scheduled: NewScheduled): Promise<Scheduled | { code: string; field?: string }> {
  const body = JSON.stringify(scheduled);
  const answer = await fetch(`/api/rooms/${room}/scheduled`, { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => null);
  return answer ? await answer.json() : { code: "unavailable" };
}

function waitingLink(): HTMLElement | null {
  return document.querySelector("[data-scheduled-room]");
}

/** Whether the room shows that messages wait to be sent. */
export function isAnyWaiting(): boolean {
  return waitingLink()?.hidden === false;
}

/** Shows how many messages of the room wait to be sent. */
export async function refreshWaiting(room: string): Promise<void> {
  const link = waitingLink();
  const answer = await fetch("/api/me/scheduled").catch(() => null);
  if (!link || link.dataset["scheduledRoom"] !== room || !answer?.ok) return;
  const { scheduled } = (await answer.json()) as { scheduled: Scheduled[] };
  const count = scheduled.filter(({ kind, roomId, refused }) => kind === "message" && roomId === room && !refused).length;
  link.hidden = count === 0;
  const words = link.querySelector("span");
  if (words) words.textContent = tCount("scheduledWaiting", count);
}
