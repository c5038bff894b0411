// Slash commands: those that every room has, and those of its bots. The server runs them.

import { zone } from "./scheduled";
import { errorText, t, tWith } from "./strings";

export interface Command {
  name: string;
  hintKo: string;
  hintEn: string;
  bot: { id: string; name: string } | null;
}

/** What became of a text that begins with a slash. */
export type Outcome =
  /** The command has run; `answer` is for the user alone. `bot` is set if a bot was asked, which answers later. */
  | { kind: "ran"; answer: string; bot: Command["bot"] }
  | { kind: "refused"; why: string }
  /** The room has no such command. */
  | { kind: "unknown" };

const COMMAND = /^\/(\p{L}[\p{L}\p{N}_-]{0,31})(?:\s|$)/u;

const lists = new Map<string, Promise<Command[]>>();

/** Returns the name of the command that a text may be; a path or a date is none. */
export function commandIn(text: string): string | null {
  return COMMAND.exec(text)?.[1]?.toLowerCase() ?? null;
}

/** Returns the commands of a room, which are asked for once for each visit. */
export function commandsOf(room: string): Promise<Command[]> {
  const known = lists.get(room);
  if (known) return known;
  const asked = (async () => {
    const answer = await fetch(`/api/rooms/${room}/commands`).catch(() => null);
    if (answer?.ok) return ((await answer.json()) as { commands: Command[] }).commands;
    lists.delete(room);
    return [];
  })();
  lists.set(room, asked);
  return asked;
}

/** Returns a command with what it takes, and what it does. A hint is "takes — does", or only the latter. */
export function usageOf({ name, hintKo, hintEn, bot }: Command): { usage: string; does: string } {
  const hint = document.documentElement.lang === "ko" ? hintKo : hintEn;
  const [, takes, does = ""] = /^(?:(.*?) — )?(.*)$/s.exec(hint) ?? [];
  return { usage: takes ? `/${name} ${takes}` : `/${name}`, does: bot ? `${does} · ${bot.name}` : does };
}

export async function runCommand(room: string, text: string, key: string): Promise<Outcome> {
  const bot = (await commandsOf(room)).find(({ name }) => name === commandIn(text))?.bot ?? null;
  const body = JSON.stringify({ text, key, zone: zone() });
  const answer = await fetch(`/api/rooms/${room}/commands`, { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => null);
  // A proxy may answer with a page.
  const said = (await answer?.json().catch(() => null)) as { answer?: string | null; message?: object | null; code?: string; field?: string } | null;
  // The server has waited for a webhook itself.
  if (answer?.ok && said) return { kind: "ran", answer: said.answer ?? "", bot: said.message ? bot : null };
  if (said?.code === "not_found") return { kind: "unknown" };
  const { code = "unavailable", field } = said ?? {};
  if (field === "when" || field === "at") return { kind: "refused", why: t("remindHow") };
  return { kind: "refused", why: field === "text" ? tWith("commandNeedsMore", text) : errorText(code) };
}

/** After so long without an answer of its bot a command says that it is being worked on. */
export const STILL_WORKING_MS = 3_000;
