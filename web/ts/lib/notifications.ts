// Notifications while the page is open but not looked at. How much each room notifies, and the quiet hours, are
// stored on the server; whether this browser notifies, and its sound, in the browser.

import { isBlocked } from "./blocked";
import { previewLine } from "./preview_line";
import { read, write } from "./preferences";
import { t } from "./strings";
import { visit } from "./visit";
import type { Message, User } from "./wire";

export type Level = "all" | "mentions" | "none";

interface QuietHours {
  from: number;
  until: number;
}

interface Notifications {
  rooms: { room: string; level: Level }[];
  quietHours: QuietHours | null;
  mutedUsers: User[];
}

const NOTIFY = "madang.notify";
const SOUND = "madang.sound";
/** The last message that some tab has notified of. */
const LAST = "madang.notified";

const levels = new Map<string, Level>();
/** The people of whose messages nothing is notified. */
const muted = new Set<string>();
let quiet: QuietHours | null = null;
let loading: Promise<void> | undefined;

/** Loads the levels once for all pages that are visited. */
export function loadLevels(): Promise<void> {
  loading ??= (async () => {
    const answer = await fetch("/api/me/notifications").catch(() => null);
    if (!answer?.ok) return;
    const { rooms, quietHours, mutedUsers } = (await answer.json()) as Notifications;
    for (const { room, level } of rooms) levels.set(room, level);
    for (const { id } of mutedUsers) muted.add(id);
    quiet = quietHours;
    dispatchEvent(new Event("levels:changed"));
  })();
  return loading;
}

export function levelOf(room: string): Level {
  return levels.get(room) ?? "all";
}

/** Stores how much a room notifies. Returns whether it is stored. */
export async function setLevel(room: string, level: Level): Promise<boolean> {
  const body = JSON.stringify({ level });
  const answer = await fetch(`/api/rooms/${room}/notifications`, { method: "PUT", headers: { "content-type": "application/json" }, body }).catch(() => null);
  if (!answer?.ok) return false;
  levels.set(room, level);
  dispatchEvent(new Event("levels:changed"));
  return true;
}

export function isMuted(id: string): boolean {
  return muted.has(id);
}

/** Mutes a person, or no longer. Returns whether that is stored. */
export async function setMuted(id: string, on: boolean): Promise<boolean> {
  const answer = await fetch(`/api/me/notifications/muted/${id}`, { method: on ? "PUT" : "DELETE" }).catch(() => null);
  if (!answer?.ok) return false;
  if (on) muted.add(id);
  else muted.delete(id);
  return true;
}

export function areNotificationsOn(): boolean {
  return read(NOTIFY) === "on" && "Notification" in globalThis && Notification.permission === "granted";
}

export function setNotifications(on: boolean): void {
  write(NOTIFY, on ? "on" : null);
}

/** Asks for the permission, if it was not given. */
export async function allowNotifications(): Promise<boolean> {
  if (!("Notification" in globalThis)) return false;
  return (await Notification.requestPermission()) === "granted";
}

export function hasSound(): boolean {
  return read(SOUND) !== "off";
}

export function setSound(on: boolean): void {
  write(SOUND, on ? null : "off");
}

/** Notifies of a message that nobody sees. */
export function notify(message: Message, room: string, title: string, isMention: boolean): void {
  const level = levelOf(room);
  const sender = message.user?.id ?? "";
  if (isMuted(sender) || isBlocked(sender)) return;
  if (!areNotificationsOn() || level === "none" || (level === "mentions" && !isMention) || isQuiet()) return;
  // Another tab was faster.
  if (read(LAST) === message.id) return;
  write(LAST, message.id);
  const body = previewLine(message) || t("notifyNew");
  const prefix = message.user && message.user.name !== title ? `${message.user.name}: ` : "";
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]")?.href ?? "";
  try {
    const shown = new Notification(title, { body: prefix + body, tag: `madang-${room}`, icon, silent: true });
    shown.addEventListener("click", () => {
      window.focus();
      shown.close();
      void visit(`/room/${room}`);
    });
  } catch {
    // Some phones show notifications of service workers only.
  }
  if (hasSound()) playSound();
}

/** Two soft tones; no file is loaded for them. */
export function playSound(): void {
  try {
    const audio = new AudioContext();
    for (const [at, pitch] of [[0, 660], [0.12, 880]] as const) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.08, audio.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.25);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.25);
    }
    setTimeout(() => void audio.close(), 600);
  } catch {
    // Without a sound card.
  }
}

function isQuiet(): boolean {
  if (!quiet) return false;
  const now = new Date();
  const minute = now.getHours() * 60 + now.getMinutes();
  const { from, until } = quiet;
  return from <= until ? minute >= from && minute < until : minute >= from || minute < until;
}
