// A row of the list of members.

export function idOf(row: HTMLElement): string {
  return row.dataset["userId"] ?? "";
}

export function nameOf(row: HTMLElement): string {
  return row.querySelector(".member__name")?.textContent ?? "";
}

/** Returns the mark of a guest. */
export function guestMark(row: HTMLElement): Element | null {
  return row.querySelector("[data-mark=guest]");
}
