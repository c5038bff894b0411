// Acts that can be undone for a few seconds. An act without an opposite waits until then, or until the page goes.

import { errorText, t } from "./strings";
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

/** Says what was done, with a button for the opposite. `undo` returns whether it succeeded. */
export function offerUndo(line: string, undo: () => Promise<boolean>): void {
  const press = async () => {
    if (!(await undo())) toast(errorText("unavailable"));
  };
  toast(line, { label: t("undo"), shownMs: UNDO_MS, press: () => void press() });
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
