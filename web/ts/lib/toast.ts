const SHOWN_MS = 4000;

/** A button behind the line. */
interface ToastButton {
  label: string;
  shownMs: number;
  press(): void;
}

let hiding = 0;

/** Shows a line at the foot of the screen for a few seconds. */
export function toast(line: string, button?: ToastButton): void {
  const element = document.getElementById("toast");
  if (!element) return;
  element.textContent = line;
  if (button) element.append(" ", toastButton(button, element));
  element.classList.add("is-shown");
  clearTimeout(hiding);
  hiding = window.setTimeout(() => hide(element), button?.shownMs ?? SHOWN_MS);
}

function hide(element: HTMLElement): void {
  element.classList.remove("is-shown");
  // Out of sight it takes no focus.
  element.querySelector("button")?.remove();
}

function toastButton({ label, press }: ToastButton, element: HTMLElement): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "toast__button";
  made.textContent = label;
  made.addEventListener("click", () => {
    hide(element);
    press();
  });
  return made;
}
