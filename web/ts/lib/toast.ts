const SHOWN_MS = 4000;

/** A button behind the line. */
interface ToastButton {
  label: string;
  shownMs: number;
  press(): void;
}

/** Shows a line at the foot of the screen for a few seconds. It takes the place of the one before; one with a button stays. */
export function toast(line: string, button?: ToastButton): void {
  const toasts = document.getElementById("toast");
  if (!toasts) return;
  toasts.querySelector(button ? ".has-button" : ".toast__line:not(.has-button)")?.remove();
  const element = document.createElement("span");
  element.className = "toast__line";
  element.textContent = line;
  if (button) {
    element.classList.add("has-button");
    element.append(" ", toastButton(button, element));
  }
  toasts.append(element);
  setTimeout(() => element.remove(), button?.shownMs ?? SHOWN_MS);
}

function toastButton({ label, press }: ToastButton, element: HTMLElement): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "toast__button";
  made.textContent = label;
  made.addEventListener("click", () => {
    element.remove();
    press();
  });
  return made;
}
