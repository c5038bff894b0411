/** A tab that holds a lock for longer may be frozen in the background. */
const PATIENCE_MS = 5000;

/**
 * Runs `work` in one tab at a time. Over plain HTTP the browser has no locks, and the tabs run it at once.
 * With `mayTake` the lock is taken from a tab that does not give it back: `work` must bear to run twice.
 */
export async function exclusive(name: string, mayTake: boolean, work: () => Promise<void>): Promise<void> {
  const { locks } = navigator as { locks?: LockManager };
  if (!locks) return work();
  let working: Promise<void> | undefined;
  const patience = new AbortController();
  const timer = mayTake ? setTimeout(() => patience.abort(), PATIENCE_MS) : 0;
  const start = () => {
    clearTimeout(timer);
    working = work();
    return working;
  };
  try {
    await locks.request(name, { signal: patience.signal }, start);
  } catch (error) {
    // The lock was taken from this tab in the middle of its work.
    if (working) return working;
    if (!patience.signal.aborted) throw error;
    await locks.request(name, { steal: true }, start).catch(() => working);
  }
}
