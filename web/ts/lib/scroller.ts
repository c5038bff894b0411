// The scroll position of the timeline. The container runs from its end upwards (`column-reverse`), so a
// page opens at the newest message before any script runs, and stays there while the list grows.

/** Within this distance the end is in sight. */
const END_PX = 40;

export class Scroller {
  /** What was kept last, and where: positions are rounded to pixels, and many roundings would add up. */
  private kept: { anchor: HTMLElement; offset: number; scrollTop: number; height: number } | undefined;

  private isKeeping = false;

  constructor(private readonly element: HTMLElement) {}

  /** The distance from the end. */
  get below(): number {
    return -this.element.scrollTop;
  }

  /** The distance from the beginning. */
  get above(): number {
    const { scrollHeight, clientHeight, scrollTop } = this.element;
    return scrollHeight - clientHeight + scrollTop;
  }

  get isAtEnd(): boolean {
    return this.below < END_PX;
  }

  toEnd(): void {
    if (this.element.scrollTop !== 0) this.element.scrollTop = 0;
  }

  toBeginning(): void {
    this.element.scrollTop = -this.element.scrollHeight;
  }

  /** Scrolls an element to the top, or `offset` below it. */
  toTop(element: HTMLElement, offset = 12): void {
    this.element.scrollTop += this.offsetOf(element) - offset;
  }

  /** Changes the list and leaves what is seen where it is. */
  keep(change: () => void): void {
    const anchor = this.isKeeping ? null : this.firstSeen();
    if (!anchor) return change();
    const { kept } = this;
    const height = this.element.clientHeight;
    const isStill = kept?.anchor === anchor && kept.scrollTop === this.element.scrollTop && kept.height === height;
    const offset = isStill ? kept.offset : this.offsetOf(anchor);
    this.isKeeping = true;
    try {
      change();
    } finally {
      this.isKeeping = false;
    }
    if (!anchor.isConnected) return;
    this.element.scrollTop += this.offsetOf(anchor) - offset;
    this.kept = { anchor, offset, scrollTop: this.element.scrollTop, height };
  }

  /** The first message in sight, and where it is. */
  place(): { seq: number; offset: number } | null {
    const seen = this.firstSeen();
    return seen ? { seq: Number(seen.dataset["seq"]), offset: this.offsetOf(seen) } : null;
  }

  private offsetOf(element: HTMLElement): number {
    return element.getBoundingClientRect().top - this.element.getBoundingClientRect().top;
  }

  private firstSeen(): HTMLElement | null {
    const { top, left, width, height } = this.element.getBoundingClientRect();
    // The middle of the column, so that neither side's bubbles matter.
    for (let y = top + 4; y < top + height; y += 24) {
      const found = document.elementFromPoint(left + width / 2, y)?.closest<HTMLElement>("[data-message]:not(.is-pending)");
      if (found && this.element.contains(found)) return found;
    }
    return null;
  }
}
