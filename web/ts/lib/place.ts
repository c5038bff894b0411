// Where someone was in a room, kept with the entry of the history, so that Back leads to the same place.

export interface Place {
  seq: number;
  offset: number;
}

export function keptPlace(): Place | null {
  return (history.state as { place?: Place } | null)?.place ?? null;
}

/** Keeps a place; `null` is the end of the talk. */
export function keepPlace(place: Place | null): void {
  const { place: before, ...state } = (history.state ?? {}) as { place?: Place };
  if (before?.seq === place?.seq && before?.offset === place?.offset) return;
  history.replaceState({ ...state, ...(place && { place }) }, "");
}
