// The strings that the scripts show, in the language of the page. The server sends them as a script
// of their own (`src/view/strings.rs`).

const strings = (globalThis as { strings?: Record<string, string> }).strings ?? {};

export function t(name: string): string {
  return strings[name] ?? "";
}

/** A string with a name in the place of its `…`. */
export function tWith(name: string, value: string): string {
  return t(name).replace("\u2026", () => value);
}

/** A string with a number in the place of its `#`; one has a string of its own. */
export function tCount(name: string, count: number): string {
  return t(`${name}${count === 1 ? "One" : "Many"}`).replace("#", String(count));
}

/** A user's name in a line of text, where a guest has no mark behind it. */
export function nameInText(name: string, isGuest: boolean): string {
  return isGuest ? tWith("guestNamed", name) : name;
}

export function errorText(code: string): string {
  return t(`error.${code}`) || t("error.internal");
}
