// Choices that this browser keeps for itself.

const ENTER = "madang.enter";

/** Whether Enter sends. Without a choice it does where there is a real keyboard; on a phone it breaks the line. */
export function enterSends(): boolean {
  const chosen = read(ENTER);
  if (chosen === "send" || chosen === "line") return chosen === "send";
  return !matchMedia("(pointer: coarse)").matches;
}

export function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keeps a choice; `null` forgets it. */
export function write(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
