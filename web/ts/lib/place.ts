// Where someone was in a room, kept with the entry of the history, so that Back leads to the same place.

export interface Place {
  seq: number;
  offset: number;
}

export function keptPlace(): Place | null {
  return (history.state as { place?: Place } | null)?.place ?? null;
}

/** The entry of the history that is shown. */
export function currentEntry(): string | undefined {
  return (history.state as { visit?: string } | null)?.visit;
}

/** Keeps a place with its entry; `null` is the end of the talk. After a step back another entry is the current one. */
export function keepPlace(entry: string | undefined, place: Place | null): void {
  if (entry !== currentEntry()) return;
  const { place: before, ...state } = (history.state ?? {}) as { place?: Place };
  if (before?.seq === place?.seq && before?.offset === place?.offset) return;
  history.replaceState({ ...state, ...(place && { place }) }, "");
}
