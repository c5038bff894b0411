// The buttons in the frame of the messages.

export class FrameButtons {
  private readonly found = new Map<string, HTMLElement>();

  /** Shows or hides a button. They are behind the messages, so each is looked for only once. */
  show(button: ".latest" | ".pill--top" | ".pill--end", shown: boolean): void {
    let element = this.found.get(button);
    if (!element?.isConnected) element = document.querySelector<HTMLElement>(button) ?? undefined;
    if (!element) return;
    this.found.set(button, element);
    if (element.hidden === shown) element.hidden = !shown;
  }
}
