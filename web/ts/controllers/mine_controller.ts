import { Controller } from "@hotwired/stimulus";
import type { Socket } from "socket.io-client";
import { short, waiting } from "../lib/badge";
import { copy, field } from "../lib/fragment";
import { lastLine } from "../lib/last";
import { monogram, portray } from "../lib/person";
import { chat, namespace } from "../lib/socket";
import { localize } from "../lib/time";
import type { Message, MyRoom, Presence, Room, User, Waiting } from "../lib/wire";

// Socket.IO's own listeners are of this type.
type Act = (...values: any[]) => void;

/** One's own rooms, the latest active first, with what waits in each: in the lobby and beside a talk. */
export default class MineController extends Controller<HTMLElement> {
  static targets = ["list", "blank"];
  static values = { current: String };
  declare readonly listTarget: HTMLElement;
  declare readonly blankTarget: HTMLTemplateElement;
  /** The room that the page shows. */
  declare readonly currentValue: string;

  private readonly heard: [Socket, string, Act][] = [];
  private ticking = 0;

  override connect(): void {
    localize(this.element);
    this.ticking = window.setInterval(() => localize(this.element), 60_000);
    this.row(this.currentValue)?.querySelector("a")?.setAttribute("aria-current", "page");
    this.listen(chat(), {
      unread: (news: Waiting) => this.change(news),
      message: (message: Message) => this.hear(message),
      newRoom: () => void this.refresh(),
      presence: ({ userId, state }: { userId: string; state: Presence }) => this.look(userId, state),
      user: (user: User) => this.rename(user),
      changeRoom: (room: Room) => this.retitle(room),
      removeRoom: (id: string) => this.remove(id),
      kicked: ({ room }: { room: string }) => this.remove(room),
      connect: this.again(),
    });
    this.listen(namespace("/room"), { changeRoom: (room: Room) => this.retitle(room), removeRoom: (id: string) => this.remove(id) });
    document.addEventListener("visibilitychange", this.sum);
    this.sum();
  }

  override disconnect(): void {
    clearInterval(this.ticking);
    document.removeEventListener("visibilitychange", this.sum);
    for (const [socket, name, act] of this.heard.splice(0)) socket.off(name, act);
  }

  /** Something came into the open room that one has not seen. */
  news({ detail: { named } }: CustomEvent<{ named: boolean }>): void {
    const row = this.row(this.currentValue);
    if (!row) return;
    const mentions = field(row, "mentions")?.hidden === false || named ? 1 : 0;
    this.count(row, Number(row.dataset["unread"]) + 1, mentions);
  }

  /** Everything in the open room is seen. */
  seen(): void {
    const row = this.row(this.currentValue);
    if (row && row.dataset["unread"] !== "0") this.count(row, 0, 0);
  }

  private listen(socket: Socket, acts: Record<string, Act>): void {
    for (const [name, act] of Object.entries(acts)) {
      socket.on(name, act);
      this.heard.push([socket, name, act]);
    }
  }

  /** What happened while we were away is asked for; the first time the page itself has it. */
  private again(): () => void {
    let isFirst = true;
    return () => {
      if (!isFirst) void this.refresh();
      isFirst = false;
    };
  }

  private change({ room, unread, mentions, last }: Waiting): void {
    const row = this.row(room);
    // Joined in another window.
    if (!row) return void this.refresh();
    this.tell(row, last);
    // What comes into the open room is counted by the talk itself, which knows what is seen.
    if (room !== this.currentValue) this.count(row, unread, mentions);
  }

  private hear(message: Message): void {
    const row = this.row(message.roomId);
    if (row) this.tell(row, message);
  }

  private async refresh(): Promise<void> {
    const answer = await fetch("/api/me/rooms?limit=100").catch(() => null);
    if (!answer?.ok) return;
    const { rooms } = (await answer.json()) as { rooms: MyRoom[] };
    const present = new Set(rooms.map(({ room }) => room.id));
    for (const row of this.rows()) if (!present.has(row.dataset["roomId"] ?? "")) row.remove();
    for (const mine of rooms.reverse()) this.lay(mine);
    this.sum();
  }

  private lay({ room, peer, presence, unread, mentions, last }: MyRoom): void {
    const row = this.row(room.id) ?? this.make(room, peer);
    row.dataset["presence"] = presence;
    if (peer && row.dataset["peerId"]) portray(row, peer);
    this.tell(row, last, true);
    if (room.id !== this.currentValue) this.count(row, unread, mentions);
    this.listTarget.prepend(row);
  }

  private make(room: Room, peer: User | null): HTMLElement {
    const row = copy(this.blankTarget);
    row.dataset["roomId"] = room.id;
    row.dataset["kind"] = room.kind;
    row.querySelector("a")?.setAttribute("href", `/room/${room.id}`);
    const face = row.querySelector(".avatar");
    const title = field(row, "title");
    if (peer) {
      row.dataset["peerId"] = peer.id;
      face?.classList.remove("avatar--room");
      portray(row, peer);
      if (title) title.textContent = peer.name;
    } else {
      if (face) face.textContent = monogram(room.title);
      if (title) title.textContent = room.title;
    }
    return row;
  }

  /** Says a room's newest message, or a change of it, and brings the room to the top when it is new. */
  private tell(row: HTMLElement, message: Message | null, isAsked = false): void {
    const shown = Number(row.dataset["seq"] ?? 0);
    if (!message || message.seq < shown) return;
    const last = field(row, "last");
    if (last) last.textContent = lastLine(message, document.body.dataset["me"] ?? "", row.dataset["kind"] ?? "open");
    const at = field(row, "at");
    at?.setAttribute("datetime", message.createdAt);
    localize(row);
    row.dataset["seq"] = String(message.seq);
    if (message.seq > shown && !isAsked && row !== this.listTarget.firstElementChild) this.listTarget.prepend(row);
  }

  private count(row: HTMLElement, unread: number, mentions: number): void {
    row.dataset["unread"] = String(unread);
    const number = field(row, "unread");
    if (number) {
      number.hidden = unread === 0;
      number.textContent = short(unread);
    }
    const named = field(row, "mentions");
    if (named) named.hidden = mentions === 0;
    this.sum();
  }

  /** The window itself tells what waits, here only while nobody looks. */
  private sum = () => {
    const counted = this.rows().filter((row) => row.dataset["roomId"] !== this.currentValue || document.hidden);
    waiting(counted.reduce((sum, row) => sum + Number(row.dataset["unread"] ?? 0), 0));
  };

  private look(userId: string, state: Presence): void {
    const row = this.listTarget.querySelector<HTMLElement>(`[data-peer-id="${CSS.escape(userId)}"]`);
    if (row) row.dataset["presence"] = state;
  }

  private rename(user: User): void {
    const row = this.listTarget.querySelector<HTMLElement>(`[data-peer-id="${CSS.escape(user.id)}"]`);
    const title = row && field(row, "title");
    if (!title) return;
    title.textContent = user.name;
    portray(row, user);
  }

  private retitle(room: Room): void {
    const row = this.row(room.id);
    if (!row || room.kind !== "open") return;
    const [title, face] = [field(row, "title"), row.querySelector(".avatar")];
    if (title) title.textContent = room.title;
    if (face) face.textContent = monogram(room.title);
  }

  private remove(id: string): void {
    this.row(id)?.remove();
    this.sum();
  }

  private row(id: string): HTMLElement | null {
    return this.listTarget.querySelector(`[data-room-id="${CSS.escape(id)}"]`);
  }

  private rows(): HTMLElement[] {
    return [...this.listTarget.querySelectorAll<HTMLElement>("[data-room-id]")];
  }
}
