// Other stretches of the history, fetched as parts of the room's page. What is shown is always one
// stretch without a gap: where it does not reach the newest message, a `.newer` link ends it.

import { fragment } from "./fragment";
import type { Message } from "./wire";

export class Pages {
  private turn: Promise<unknown> = Promise.resolve();
  private loading = 0;
  private late: Message[] = [];

  constructor(
    private readonly list: HTMLElement,
    private readonly scroller: HTMLElement,
    private readonly room: () => string,
    private readonly laid: () => void,
    private readonly put: (message: Message) => void,
  ) {}

  /** Whether what is shown reaches the newest message. */
  get isAtEnd(): boolean {
    return !this.list.querySelector(".newer");
  }

  get isLoading(): boolean {
    return this.loading > 0;
  }

  /** A message without a place here may have one in the stretch that is just being fetched. */
  keep(message: Message): void {
    if (this.isLoading) this.late.push(message);
  }

  /** Goes on upwards, if there is more. */
  async older(): Promise<void> {
    const link = this.list.querySelector<HTMLElement>(".older");
    if (!link || this.isLoading) return;
    await this.load(`before=${link.dataset["older"]}`, (page) => {
      const { scrollHeight, scrollTop } = this.scroller;
      link.replaceWith(page);
      this.laid();
      // What is being read stays where it is while the talk grows above it.
      this.scroller.scrollTop = scrollTop + this.scroller.scrollHeight - scrollHeight;
    });
  }

  /** Goes on downwards, if there is more. */
  async newer(): Promise<void> {
    const link = this.list.querySelector<HTMLElement>(".newer");
    if (!link || this.isLoading) return;
    await this.load(`after=${link.dataset["newer"]}`, (page) => {
      link.replaceWith(page);
      this.laid();
    });
  }

  /** Shows another stretch instead; false where it could not be fetched. */
  jump(query: string): Promise<boolean> {
    return this.load(query, (page) => {
      const waiting = this.list.querySelectorAll(".is-pending");
      this.list.replaceChildren(page, ...waiting);
      this.laid();
    });
  }

  newest(): Promise<boolean> {
    return this.jump(`before=${Number.MAX_SAFE_INTEGER}`);
  }

  private load(query: string, lay: (page: DocumentFragment) => void): Promise<boolean> {
    this.loading += 1;
    const loaded = this.turn.then(async () => {
      try {
        const answer = await fetch(`/room/${this.room()}/messages?${query}`);
        if (!answer.ok) return false;
        lay(fragment(await answer.text()));
        return true;
      } catch {
        // Offline: the links stay, and the next scroll asks again.
        return false;
      } finally {
        this.loading -= 1;
        for (const message of this.late.splice(0)) this.put(message);
      }
    });
    this.turn = loaded;
    return loaded;
  }
}
