import { Controller } from "@hotwired/stimulus";
import { chat, listen } from "../lib/socket";
import { tCount } from "../lib/strings";

/** The number of open reports, of a room or of the server: beside the way to them, and as a dot where that is folded away. */
export default class ReportsController extends Controller<HTMLElement> {
  static targets = ["count", "dot", "line"];
  static values = { room: String };
  declare readonly countTargets: HTMLElement[];
  declare readonly dotTargets: HTMLElement[];
  declare readonly lineTargets: HTMLElement[];
  /** Empty for the whole server. */
  declare readonly roomValue: string;

  private subscriptions = new AbortController();

  override connect(): void {
    this.subscriptions = new AbortController();
    listen(chat(), this.subscriptions.signal, {
      reports: ({ room, open }: { room: string | null; open: number }) => (room ?? "") === this.roomValue && this.show(open),
    });
  }

  override disconnect(): void {
    this.subscriptions.abort();
  }

  private show(open: number): void {
    for (const count of this.countTargets) {
      count.textContent = String(open);
      count.hidden = open === 0;
    }
    for (const dot of this.dotTargets) dot.hidden = open === 0;
    for (const line of this.lineTargets) {
      line.textContent = tCount("reports", open);
      line.hidden = open === 0;
    }
  }
}
