// What can be taken back for a few seconds: it is done only after them, or when the page goes.

import { t } from "./strings";
import { toast } from "./toast";

const UNDO_MS = 5_000;

let waiting: { act(): void; timer: number } | undefined;

/** Says what was done, with a button that takes it back. */
export function doLater(line: string, act: () => void, undo: () => void): void {
  // One at a time: the button belongs to the last.
  doNow();
  const mine = { act, timer: window.setTimeout(doNow, UNDO_MS) };
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

function doNow(): void {
  if (!waiting) return;
  const { act, timer } = waiting;
  clearTimeout(timer);
  waiting = undefined;
  act();
}

addEventListener("pagehide", doNow);
addEventListener("visit:leave", doNow);
