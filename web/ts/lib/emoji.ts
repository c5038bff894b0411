// The palette of the composer and of the menu of a message: what was used last, then all by group, and a
// search in both languages. The list of emoji is loaded when a palette is first opened.

import { matchesName } from "./hangul";
import { read, write } from "./preferences";
import { t } from "./strings";

// Defined by the build: the address of the list.
declare const EMOJI: string;

/** An emoji, its group, its Korean and its English name, its short names, and more words. */
type Entry = [emoji: string, group: number, ko: string, en: string, short: string, words: string];

interface EmojiList {
  groups: Record<string, string[]>;
  list: Entry[];
}

const RECENT = "madang.emoji";
const MAX_RECENT = 16;
const COMMON = [..."😀😄😂🥹😊😍🥰😎🤔😮😅😢😭😡😴🤗👍👎👏🙌🙏👋💪👀", "❤️", ..."💚💔✨🔥🎉🎂✅"];

let loading: Promise<EmojiList | null> | undefined;

function load(): Promise<EmojiList | null> {
  loading ??= fetch(EMOJI).then((answer) => (answer.ok ? (answer.json() as Promise<EmojiList>) : null)).catch(() => null);
  // Without a connection it is tried again.
  void loading.then((list) => (list ? undefined : (loading = undefined)));
  return loading;
}

export function fillPalette(palette: HTMLElement): void {
  const present = palette.querySelector<HTMLElement>(".emoji__list");
  if (present) return void showAll(present, palette.querySelector("input")?.value ?? "");
  const search = document.createElement("input");
  search.type = "search";
  search.className = "input emoji__search";
  search.placeholder = t("emojiSearch");
  search.setAttribute("aria-label", t("emojiSearch"));
  search.autocomplete = "off";
  const list = document.createElement("div");
  list.className = "emoji__list";
  search.addEventListener("input", () => void showAll(list, search.value));
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      list.querySelector<HTMLElement>(".emoji__one")?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      list.querySelector<HTMLElement>(".emoji__one")?.focus();
    }
  });
  list.addEventListener("keydown", (event) => moveFocus(event, list));
  palette.append(search, list);
  const first = section("", recent());
  first.dataset["recent"] = "";
  list.append(first);
  void showAll(list, "");
}

/** Shows what a search finds, or everything. */
async function showAll(list: HTMLElement, typed: string): Promise<void> {
  const all = await load();
  if (!all) return;
  const wanted = typed.trim();
  if (wanted) {
    const found = find(all, wanted).map(([emoji]) => emoji);
    return list.replaceChildren(section(found.length ? "" : t("emojiNone"), found));
  }
  const groups = all.groups[document.documentElement.lang] ?? all.groups["ko"] ?? [];
  const sections = groups.map((name, group) => section(name, all.list.filter((entry) => entry[1] === group).map(([emoji]) => emoji)));
  // The first section stays where it is: someone may be about to press a button of it, and a move would take the focus.
  const first = list.querySelector(":scope > [data-recent]") ?? section("", recent());
  for (const other of [...list.children]) if (other !== first) other.remove();
  list.append(...(first.parentElement ? [] : [first]), ...sections);
}

function find(all: EmojiList, wanted: string): Entry[] {
  const typed = wanted.toLowerCase().replace(/^:|:$/g, "");
  const rank = ([, , ko, en, short, words]: Entry) => {
    if (short.split(" ").some((one) => one.startsWith(typed)) || matchesName(typed, ko) || en.startsWith(typed)) return 0;
    return `${ko} ${en} ${words} ${short}`.toLowerCase().includes(typed) ? 1 : 2;
  };
  const ranked = all.list.map((entry) => [rank(entry), entry] as const).filter(([place]) => place < 2);
  return ranked.sort(([one], [other]) => one - other).map(([, entry]) => entry);
}

/** Returns emoji whose names begin so, each with a name to show. */
export async function suggestEmoji(typed: string, most: number): Promise<{ emoji: string; name: string }[]> {
  const all = await load();
  if (!all) return [];
  const isKorean = /[ㄱ-힣]/.test(typed);
  return find(all, typed).slice(0, most).map(([emoji, , ko, , short]) => ({ emoji, name: isKorean ? ko : `:${short.split(" ")[0]}:` }));
}

/** Returns the emoji of a short name between colons. */
export async function emojiOf(short: string): Promise<string | undefined> {
  return (await load())?.list.find((entry) => entry[4].split(" ").includes(short))?.[0];
}

function section(name: string, emoji: string[]): HTMLElement {
  const part = document.createElement("section");
  part.className = "emoji__group";
  if (name) {
    const title = document.createElement("h2");
    title.className = "caption";
    title.textContent = name;
    part.append(title);
  }
  const grid = document.createElement("div");
  grid.className = "emoji__grid";
  grid.append(...emoji.map(button));
  // Tab reaches each group; the arrow keys go on from there.
  const first = grid.firstElementChild as HTMLElement | null;
  if (first) first.tabIndex = 0;
  part.append(grid);
  return part;
}

function button(emoji: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "emoji__one";
  element.textContent = emoji;
  element.tabIndex = -1;
  return element;
}

function moveFocus(event: KeyboardEvent, list: HTMLElement): void {
  const from = event.target as HTMLElement;
  const all = [...list.querySelectorAll<HTMLElement>(".emoji__one")];
  const at = all.indexOf(from);
  if (at < 0) return;
  const columns = Math.max(1, all.findIndex((one) => one.offsetTop > (all[0]?.offsetTop ?? 0)));
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const to = all[at + step];
  if (to) to.focus();
  else if (step < 0) list.parentElement?.querySelector("input")?.focus();
}

function recent(): string[] {
  const used = (read(RECENT) ?? "").split(" ").filter(Boolean);
  return [...new Set([...used, ...COMMON])].slice(0, Math.max(32, used.length));
}

/** Moves an emoji to the front of those used last. */
export function rememberEmoji(emoji: string): void {
  const used = (read(RECENT) ?? "").split(" ").filter((other) => other && other !== emoji);
  write(RECENT, [emoji, ...used].slice(0, MAX_RECENT).join(" "));
}

/** The emoji of the pressed button; `null` for a press beside the emoji. */
export function pressedEmoji(event: Event): string | null {
  const button = (event.target as Element).closest(".emoji__one:not([data-action])");
  const emoji = button?.textContent ?? null;
  if (emoji) rememberEmoji(emoji);
  return emoji;
}

/** An emoji without the selector of its look: with and without it is the same emoji. */
export function plainEmoji(emoji: string): string {
  return emoji.replace(/\ufe0f/g, "");
}
