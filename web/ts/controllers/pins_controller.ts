import { Controller } from "@hotwired/stimulus";
import { fragment } from "../lib/fragment";
import { localize } from "../lib/time";
import type { Message } from "../lib/wire";
import type RoomController from "./room_controller";

/** What is pinned in the room: the newest under its head, all in a sheet. */
export default class PinsController extends Controller<HTMLElement> {
  static outlets = ["room"];
  declare readonly roomOutlet: RoomController;

  override connect(): void {
    localize(this.element);
  }

  /** A message came or changed: the pins are asked for anew where that concerns them. */
  heard({ detail: message }: CustomEvent<Message>): void {
    const pin = this.element.querySelector<HTMLElement>(`[data-pin="${CSS.escape(message.id)}"]`);
    const isOld = pin ? Number(pin.dataset["rev"]) < message.rev : Boolean(message.pinnedAt);
    if (isOld) void this.refresh();
  }

  unpin(event: SubmitEvent): void {
    if (!this.roomOutlet.isConnected) return;
    event.preventDefault();
    const id = (event.currentTarget as Element).closest<HTMLElement>("[data-pin]")?.dataset["pin"];
    if (id) void this.roomOutlet.act("pin", { id, on: false });
  }

  async refresh(): Promise<void> {
    const answer = await fetch(`/room/${this.roomOutlet.idValue}/pins`).catch(() => null);
    if (!answer?.ok) return;
    const wasOpen = this.element.querySelector("[popover]")?.matches(":popover-open");
    this.element.replaceChildren(fragment(await answer.text()));
    localize(this.element);
    if (wasOpen) this.element.querySelector<HTMLElement>("[popover]")?.showPopover();
  }
}
