// The events of the sockets, in their order. A frame costs more than a message, so in a flood those of a moment are
// handled together; otherwise each is handled at once.

/** The average number of events in a second from which on it is a flood. */
const FLOOD = 12;
const BATCH_MS = 200;

let waiting: (() => void)[] = [];
let within = (run: () => void): void => run();
let timer = 0;
let average = 0;
let lastAt = 0;

export function handleSoon(handle: () => void): void {
  const now = performance.now();
  average = average * Math.exp((lastAt - now) / 1000) + 1;
  lastAt = now;
  // A hidden page draws no frames, and its timers are slow.
  if (!waiting.length && (average < FLOOD || document.hidden)) return handle();
  waiting.push(handle);
  if (document.hidden) handleWaiting();
  else timer ||= window.setTimeout(handleWaiting, BATCH_MS);
}

/** Handles batches within a function, which may look at the page before and after all of a batch, until the signal. */
export function handleWithin(signal: AbortSignal, wrapper: (run: () => void) => void): void {
  const before = within;
  within = wrapper;
  signal.addEventListener("abort", () => {
    if (within === wrapper) within = before;
  });
}

/** Handles now what waits. */
export function handleWaiting(): void {
  clearTimeout(timer);
  timer = 0;
  const batch = waiting;
  waiting = [];
  within(() => {
    for (const handle of batch) {
      try {
        handle();
      } catch (error) {
        reportError(error);
      }
    }
  });
}

document.addEventListener("visibilitychange", handleWaiting);
