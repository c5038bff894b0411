// The lines that the browser says by itself stand in the page, in its language.

export function word(name: string): string {
  return document.querySelector(`#words [data-word="${CSS.escape(name)}"]`)?.textContent ?? "";
}

export function refusal(code: string): string {
  return word(`error.${code}`) || word("error.internal");
}

let hiding = 0;

/** Says a line at the foot of the screen for a while. */
export function toast(line: string): void {
  const element = document.getElementById("toast");
  if (!element) return;
  element.textContent = line;
  element.classList.add("is-shown");
  clearTimeout(hiding);
  hiding = window.setTimeout(() => element.classList.remove("is-shown"), 4000);
}
