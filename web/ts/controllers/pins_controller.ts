import { Controller } from "@hotwired/stimulus";
import { fragment } from "../lib/fragment";
import { roomConnection } from "../lib/room_connection";
import { openSheet } from "../lib/sheet";
import { errorText } from "../lib/strings";
import { localize } from "../lib/time";
import { toast } from "../lib/toast";
import type { Message } from "../lib/wire";

/** The pinned messages: the newest under the head of the room, all of them in a sheet. */
export default class PinsController extends Controller<HTMLElement> {
  private readonly connection = roomConnection();
  private subscriptions = new AbortController();

  override connect(): void {
    localize(this.element);
    this.subscriptions = new AbortController();
    this.connection.on("message", this.subscriptions.signal, (message) => this.message(message));
  }

  override disconnect(): void {
    this.subscriptions.abort();
  }

  unpin(event: SubmitEvent): void {
    if (!this.connection.isConnected) return;
    event.preventDefault();
    const id = (event.currentTarget as Element).closest<HTMLElement>("[data-pin]")?.dataset["pin"];
    if (id) void this.connection.act("pin", { id, on: false }).then((code) => code && toast(errorText(code)));
  }

  /** Loads the pins again if a message changes them. */
  private message(message: Message): void {
    const pin = this.element.querySelector<HTMLElement>(`[data-pin="${CSS.escape(message.id)}"]`);
    const isStale = pin ? Number(pin.dataset["rev"]) < message.rev : Boolean(message.pinnedAt);
    if (isStale) void this.refresh();
  }

  private async refresh(): Promise<void> {
    const answer = await fetch(`/room/${this.connection.roomId}/pins`).catch(() => null);
    if (!answer?.ok) return;
    const wasOpen = this.element.querySelector("dialog")?.open;
    this.element.replaceChildren(fragment(await answer.text()));
    localize(this.element);
    const sheet = this.element.querySelector("dialog");
    if (wasOpen && sheet) openSheet(sheet);
  }
}
