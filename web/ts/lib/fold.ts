// Many people who come, or go, in a row are one line (`view::look` does the same on the server).

import { neighbour } from "./arrange";
import { tWith } from "./strings";

const FOLDED_FROM = 3;

/** Folds the run of lines that a line belongs to. */
export function foldRun(line: HTMLElement | null): void {
  if (!line?.dataset["event"]) return;
  const run = runOf(line);
  const [first, ...rest] = run;
  if (!first) return;
  const isFolded = run.length >= FOLDED_FROM;
  for (const other of rest) {
    other.classList.toggle("is-folded", isFolded);
    say(other, other.dataset["line"]);
  }
  first.classList.remove("is-folded");
  if (!isFolded) return say(first, first.dataset["line"]);
  first.dataset["line"] ??= first.textContent?.trim() ?? "";
  const name = first.dataset["event"] === "join" ? "joinedOthers" : "leftOthers";
  say(first, tWith(name, first.dataset["name"] ?? "").replace("#", () => String(rest.length)));
}

/** The neighbouring lines of one event, in one day. */
function runOf(line: HTMLElement): HTMLElement[] {
  const run = [line];
  for (let before = line; continues(before); ) {
    const next = neighbour(before, "previousElementSibling");
    if (!next || next.dataset["event"] !== line.dataset["event"]) break;
    run.unshift((before = next));
  }
  for (let after = neighbour(line, "nextElementSibling"); after && after.dataset["event"] === line.dataset["event"] && continues(after); ) {
    run.push(after);
    after = neighbour(after, "nextElementSibling");
  }
  return run;
}

/** A line below that of a day begins a run. */
function continues(line: HTMLElement): boolean {
  return !line.previousElementSibling?.classList.contains("day");
}

function say(line: HTMLElement, text: string | undefined): void {
  const paragraph = line.querySelector("p");
  if (paragraph && text !== undefined && paragraph.textContent !== text) paragraph.textContent = text;
}
