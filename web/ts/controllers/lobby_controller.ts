import { Controller } from "@hotwired/stimulus";
import { copy, field } from "../lib/fragment";
import { setHue } from "../lib/avatar";
import { listen, lobby } from "../lib/socket";
import { localize } from "../lib/time";
import { mayBeStale, visit } from "../lib/visit";
import type { Room } from "../lib/wire";

/** Updates a list of rooms: that of the lobby, and the one beside a room, which gets no new rows. */
export default class LobbyController extends Controller<HTMLElement> {
  static targets = ["list", "blank"];
  static values = { known: Boolean };
  declare readonly listTarget: HTMLElement;
  declare readonly blankTarget: HTMLTemplateElement;
  /** Whether only the rooms in the list are updated. */
  declare readonly knownValue: boolean;
  private subscriptions = new AbortController();
  private ticking = 0;

  override connect(): void {
    localize(this.element);
    this.ticking = window.setInterval(() => localize(this.element), 60_000);
    this.subscriptions = new AbortController();
    const socket = lobby();
    // After a reconnect the list is loaded again, and on the way back, where the browser shows the page of then.
    let isFirst = !mayBeStale();
    const connected = () => {
      if (!isFirst && !this.knownValue) void this.refresh();
      isFirst = false;
    };
    listen(socket, this.subscriptions.signal, {
      connect: connected,
      newRoom: (room: Room) => this.change(room, true),
      changeRoom: (room: Room) => this.change(room, false),
      removeRoom: (id: string) => this.row(id)?.remove(),
    });
    if (socket.connected) connected();
  }

  override disconnect(): void {
    clearInterval(this.ticking);
    this.subscriptions.abort();
  }

  /** Takes someone who has an identity straight into a room without a password. */
  enter(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>(".row");
    if (!row || !document.body.dataset["me"] || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (field(row, "locked")?.hidden === false || field(row, "full")?.hidden === false) return;
    event.preventDefault();
    event.stopPropagation();
    void visit(`/room/${row.dataset["roomId"]}/enter`, { form: new FormData() });
  }

  private async refresh(): Promise<void> {
    const answer = await fetch("/api/rooms?limit=100").catch(() => null);
    if (!answer?.ok) return;
    const { rooms } = (await answer.json()) as { rooms: Room[] };
    const open = new Set(rooms.map((room) => room.id));
    for (const row of this.listTarget.querySelectorAll<HTMLElement>("[data-room-id]")) {
      if (!open.has(row.dataset["roomId"] ?? "")) row.remove();
    }
    for (const room of rooms.reverse()) this.change(room, false);
  }

  private change(room: Room, isNew: boolean): void {
    let row = this.row(room.id);
    if (!row) {
      if (this.knownValue || document.querySelector(`.my-room[data-room-id="${CSS.escape(room.id)}"]`)) return;
      row = copy(this.blankTarget);
      row.dataset["roomId"] = room.id;
      row.querySelector("a")?.setAttribute("href", `/room/${room.id}`);
      row.classList.toggle("is-new", isNew);
      this.listTarget.prepend(row);
    }
    this.fill(row, room);
  }

  private fill(row: HTMLElement, room: Room): void {
    const setText = (name: string, text: string) => {
      const element = field(row, name);
      if (element && element.textContent !== text) element.textContent = text;
    };
    const show = (name: string, shown: boolean) => {
      const element = field(row, name);
      if (element) element.hidden = !shown;
    };
    setText("title", room.title);
    setText("online", String(room.onlineCount));
    setText("members", String(room.memberCount));
    setText("max", String(room.max));
    show("onlineLine", room.onlineCount > 0);
    show("locked", room.locked);
    row.toggleAttribute("data-closed", room.closed);
    show("full", room.memberCount >= room.max);
    const owner = field(row, "owner");
    if (owner && room.owner) {
      owner.textContent = room.owner.name;
      owner.classList.remove("row__owner--none");
      setHue(owner, room.owner.id);
      show("guest", room.owner.kind === "guest");
    }
    field(row, "createdAt")?.setAttribute("datetime", room.createdAt);
    localize(row);
  }

  private row(id: string): HTMLElement | null {
    return this.listTarget.querySelector(`[data-room-id="${CSS.escape(id)}"]`);
  }
}
