// What can be taken back for a few seconds: what has no opposite is done only after them, or when the page goes.

import { t } from "./strings";
import { toast } from "./toast";

const UNDO_MS = 5_000;

let waiting: { act(isLeaving: boolean): void; timer: number } | undefined;

/** Says what was done, with a button that takes it back. An act that runs as the page goes must outlive it. */
export function doLater(line: string, act: (isLeaving: boolean) => void, undo: () => void): void {
  // One at a time: the button belongs to the last.
  doNow();
  const mine = { act, timer: window.setTimeout(() => doNow(), UNDO_MS) };
  waiting = mine;
  toast(line, {
    label: t("undo"),
    shownMs: UNDO_MS,
    press: () => {
      if (waiting !== mine) return;
      clearTimeout(mine.timer);
      waiting = undefined;
      undo();
    },
  });
}

/** Says what was done, with a button that does the opposite. */
export function offerUndo(line: string, undo: () => void): void {
  toast(line, { label: t("undo"), shownMs: UNDO_MS, press: undo });
}

function doNow(isLeaving = false): void {
  if (!waiting) return;
  const { act, timer } = waiting;
  clearTimeout(timer);
  waiting = undefined;
  act(isLeaving);
}

addEventListener("pagehide", () => doNow(true));
// A tab that a phone hides may never be told more.
addEventListener("visibilitychange", () => {
  if (document.hidden) doNow(true);
});
addEventListener("visit:leave", () => doNow());
