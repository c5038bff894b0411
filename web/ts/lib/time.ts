// Times in the viewer's time zone and language. The server's markup carries UTC.

import { t } from "./strings";

const lang = document.documentElement.lang || "ko";
const clock = new Intl.DateTimeFormat(lang, { hour: "numeric", minute: "2-digit" });
const date = new Intl.DateTimeFormat(lang, { dateStyle: "full" });
const longDate = new Intl.DateTimeFormat(lang, { dateStyle: "long" });
const full = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "short" });
const short = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
const ago = new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: "short" });

/** Tells the server the time zone, so that its pages show local times from the start. */
export function rememberZone(): void {
  const value = `madang_zone=${-new Date().getTimezoneOffset()}`;
  if (!document.cookie.includes(value)) document.cookie = `${value}; path=/; max-age=31536000; samesite=lax`;
}

export function localize(within: ParentNode): void {
  for (const time of within.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = full.format(at);
    const text = format(time, at);
    if (time.textContent !== text) time.textContent = text;
  }
}

function format(time: HTMLTimeElement, at: Date): string {
  if (time.hasAttribute("data-full")) return short.format(at);
  return time.hasAttribute("data-relative") ? relative(at) : clock.format(at);
}

/** Shows a time to come with its day and hour. */
export function fullTime(time: HTMLTimeElement): void {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.textContent = short.format(at);
}

/** The local day as a key to compare by. */
export function dayOf(at: string): string {
  return new Date(at).toLocaleDateString("en-CA");
}

/** The local minute as a key to compare by. */
export function minuteOf(at: string): number {
  return Math.floor(Date.parse(at) / 60_000);
}

/** A day with its year, without the day of the week. */
export function fullDay(at: string): string {
  return longDate.format(new Date(at));
}

export function dayName(at: string): string {
  const day = dayOf(at);
  if (day === dayOf(new Date().toISOString())) return t("today");
  if (day === dayOf(new Date(Date.now() - 86_400_000).toISOString())) return t("yesterday");
  return date.format(new Date(at));
}

function relative(at: Date): string {
  const minutes = Math.round((at.getTime() - Date.now()) / 60_000);
  // Intl would say "this minute".
  if (minutes >= 0) return t("justNow");
  if (minutes > -60) return since(minutes, "minute");
  if (minutes > -60 * 24) return since(Math.round(minutes / 60), "hour");
  return since(Math.round(minutes / 60 / 24), "day");
}

/** English abbreviates with a full stop, "3 min. ago", which reads like the end of a sentence. */
function since(value: number, unit: "minute" | "hour" | "day"): string {
  return ago.format(value, unit).replace(".", "");
}
