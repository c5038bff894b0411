import { read } from "./preferences";

export const THEME = "madang.theme";
export const SIZE = "madang.size";

/** Shows the page in the chosen theme and size. */
export function applyLook(): void {
  const { dataset } = document.documentElement;
  for (const [name, key] of [["theme", THEME], ["size", SIZE]] as const) {
    const chosen = read(key);
    if (chosen) dataset[name] = chosen;
    else delete dataset[name];
  }
}
