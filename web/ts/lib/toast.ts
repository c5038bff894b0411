const SHOWN_MS = 4000;

let hiding = 0;

/** Shows a line at the foot of the screen for a few seconds. */
export function toast(line: string): void {
  const element = document.getElementById("toast");
  if (!element) return;
  element.textContent = line;
  element.classList.add("is-shown");
  clearTimeout(hiding);
  hiding = window.setTimeout(() => element.classList.remove("is-shown"), SHOWN_MS);
}
