import { Controller } from "@hotwired/stimulus";
import { monogram, setHue, showUser } from "../lib/avatar";
import { setUnreadCount, shortCount } from "../lib/badge";
import { copy, field } from "../lib/fragment";
import { levelOf, loadLevels, notify } from "../lib/notifications";
import { roomPreview } from "../lib/preview_line";
import { chat, listen, lobby } from "../lib/socket";
import { localize } from "../lib/time";
import { mayBeStale } from "../lib/visit";
import type { Message, MyRoom, Presence, Room, User, UnreadChange } from "../lib/wire";

/** The rooms of the user with their unread messages, the last active first: in the lobby and beside a room. */
export default class MyRoomsController extends Controller<HTMLElement> {
  static targets = ["list", "requests", "requestCount", "blank"];
  static values = { current: String };
  declare readonly listTarget: HTMLElement;
  /** Rooms that strangers have opened. They are shown apart and not counted. */
  declare readonly requestsTarget: HTMLElement;
  declare readonly requestCountTarget: HTMLElement;
  declare readonly blankTarget: HTMLTemplateElement;
  /** The room that the page shows. */
  declare readonly currentValue: string;

  private subscriptions = new AbortController();
  private ticking = 0;

  override connect(): void {
    localize(this.element);
    this.ticking = window.setInterval(() => localize(this.element), 60_000);
    this.row(this.currentValue)?.querySelector("a")?.setAttribute("aria-current", "page");
    this.subscriptions = new AbortController();
    const { signal } = this.subscriptions;
    listen(chat(), signal, {
      unread: (news: UnreadChange) => this.change(news),
      message: (message: Message) => this.message(message),
      newRoom: () => void this.refresh(),
      presence: ({ userId, state }: { userId: string; state: Presence }) => this.presence(userId, state),
      user: (user: User) => this.rename(user),
      changeRoom: (room: Room) => this.retitle(room),
      removeRoom: (id: string) => this.remove(id),
      kicked: ({ room }: { room: string }) => this.remove(room),
      connect: this.reconnected(),
    });
    listen(lobby(), signal, { changeRoom: (room: Room) => this.retitle(room), removeRoom: (id: string) => this.remove(id) });
    document.addEventListener("visibilitychange", this.sum);
    addEventListener("levels:changed", this.sum, { signal });
    void loadLevels();
    this.sum();
  }

  override disconnect(): void {
    clearInterval(this.ticking);
    document.removeEventListener("visibilitychange", this.sum);
    this.subscriptions.abort();
  }

  /** The open room got a message that is not visible. */
  news({ detail: { named } }: CustomEvent<{ named: boolean }>): void {
    const row = this.row(this.currentValue);
    if (!row) return;
    const mentions = field(row, "mentions")?.hidden === false || named ? 1 : 0;
    this.count(row, Number(row.dataset["unread"]) + 1, mentions);
  }

  /** All messages of the open room are seen. */
  seen(): void {
    const row = this.row(this.currentValue);
    if (row && row.dataset["unread"] !== "0") this.count(row, 0, 0);
  }

  /** Loads the list again after a reconnect; at first the page is up to date, except on the way back. */
  private reconnected(): () => void {
    let isFirst = !mayBeStale();
    return () => {
      if (!isFirst) void this.refresh();
      isFirst = false;
    };
  }

  private change({ room, unread, mentions, last }: UnreadChange): void {
    const row = this.row(room);
    // The room was joined in another window.
    if (!row) return void this.refresh();
    if (this.accepts(row, last)) return void this.refresh();
    if (last && last.seq > Number(row.dataset["seq"] ?? 0)) this.tell(row, last, mentions > 0 && namesMe(last));
    this.showLast(row, last);
    // The timeline counts for the open room, as it knows what is visible.
    if (room !== this.currentValue) this.count(row, unread, mentions);
  }

  private message(message: Message): void {
    const row = this.row(message.roomId);
    if (!row) return;
    if (message.roomId === this.currentValue) this.tell(row, message, namesMe(message));
    if (this.accepts(row, message)) return void this.refresh();
    this.showLast(row, message);
  }

  /** Notifies of a message that is not looked at. */
  private tell(row: HTMLElement, message: Message, isMention: boolean): void {
    const room = row.dataset["roomId"] ?? "";
    const isSeen = !document.hidden && (room === this.currentValue || document.hasFocus());
    const isOwn = message.user?.id === document.body.dataset["me"] || message.kind === "system";
    if (message.silent) return;
    if (isSeen || isOwn || this.requestsTarget.contains(row)) return;
    notify(message, room, field(row, "title")?.textContent ?? "", isMention || row.dataset["kind"] === "direct" || message.kind === "whisper");
  }

  /** Whether a message of one's own moves a request to the other rooms. */
  private accepts(row: HTMLElement, message: Message | null): boolean {
    return this.requestsTarget.contains(row) && message?.user?.id === document.body.dataset["me"];
  }

  private async refresh(): Promise<void> {
    const answer = await fetch("/api/me/rooms?limit=100").catch(() => null);
    if (!answer?.ok) return;
    const { rooms } = (await answer.json()) as { rooms: MyRoom[] };
    const present = new Set(rooms.map(({ room }) => room.id));
    for (const row of this.element.querySelectorAll<HTMLElement>("[data-room-id]")) if (!present.has(row.dataset["roomId"] ?? "")) row.remove();
    for (const mine of rooms.reverse()) this.update(mine);
    this.sum();
  }

  private update({ room, peer, presence, unread, mentions, last, request }: MyRoom): void {
    const row = this.row(room.id) ?? this.create(room, peer);
    row.dataset["presence"] = presence;
    row.toggleAttribute("data-closed", room.closed);
    if (peer && row.dataset["peerId"]) showUser(row, peer);
    this.showLast(row, last, true);
    if (room.id !== this.currentValue) this.count(row, unread, mentions);
    (request ? this.requestsTarget : this.listTarget).prepend(row);
  }

  private create(room: Room, peer: User | null): HTMLElement {
    const row = copy(this.blankTarget);
    row.dataset["roomId"] = room.id;
    row.dataset["kind"] = room.kind;
    row.querySelector("a")?.setAttribute("href", `/room/${room.id}`);
    const face = row.querySelector(".avatar");
    const title = field(row, "title");
    if (peer) {
      row.dataset["peerId"] = peer.id;
      face?.classList.remove("avatar--room");
      showUser(row, peer);
      if (title) title.textContent = peer.name;
    } else {
      if (face) face.textContent = monogram(room.title);
      if (face) setHue(face, room.id);
      if (title) title.textContent = room.title;
    }
    return row;
  }

  /** Shows a room's newest message, and moves the room to the top when the message is new. */
  private showLast(row: HTMLElement, message: Message | null, keepsOrder = false): void {
    const shown = Number(row.dataset["seq"] ?? 0);
    if (!message || message.seq < shown) return;
    const last = field(row, "last");
    last?.replaceChildren(...roomPreview(message, document.body.dataset["me"] ?? "", row.dataset["kind"] ?? "open"));
    const at = field(row, "at");
    at?.setAttribute("datetime", message.createdAt);
    localize(row);
    row.dataset["seq"] = String(message.seq);
    const list = row.parentElement;
    if (message.seq > shown && !keepsOrder && row !== list?.firstElementChild) list?.prepend(row);
  }

  private count(row: HTMLElement, unread: number, mentions: number): void {
    row.dataset["unread"] = String(unread);
    const number = field(row, "unread");
    if (number) {
      number.hidden = unread === 0;
      number.textContent = shortCount(unread);
    }
    const named = field(row, "mentions");
    if (named) named.hidden = mentions === 0;
    this.sum();
  }

  /** Counts for the title of the page; the open room counts only while the page is hidden. */
  private sum = () => {
    const counted = this.rows().filter((row) => row.dataset["roomId"] !== this.currentValue || document.hidden);
    for (const row of this.rows()) row.dataset["notify"] = levelOf(row.dataset["roomId"] ?? "");
    this.requestCountTarget.textContent = String(this.requestsTarget.childElementCount);
    setUnreadCount(counted.reduce((sum, row) => sum + countOf(row), 0));
  };

  private presence(userId: string, state: Presence): void {
    const row = this.element.querySelector<HTMLElement>(`[data-peer-id="${CSS.escape(userId)}"]`);
    if (row) row.dataset["presence"] = state;
  }

  private rename(user: User): void {
    const row = this.element.querySelector<HTMLElement>(`[data-peer-id="${CSS.escape(user.id)}"]`);
    const title = row && field(row, "title");
    if (!title) return;
    title.textContent = user.name;
    showUser(row, user);
  }

  private retitle(room: Room): void {
    const row = this.row(room.id);
    if (!row || room.kind !== "open") return;
    row.toggleAttribute("data-closed", room.closed);
    const [title, face] = [field(row, "title"), row.querySelector(".avatar")];
    if (title) title.textContent = room.title;
    if (face) face.textContent = monogram(room.title);
  }

  private remove(id: string): void {
    this.row(id)?.remove();
    this.sum();
  }

  private row(id: string): HTMLElement | null {
    return this.element.querySelector(`[data-room-id="${CSS.escape(id)}"]`);
  }

  private rows(): HTMLElement[] {
    return [...this.listTarget.querySelectorAll<HTMLElement>("[data-room-id]")];
  }
}

/** The unread messages of a room that count for the title, by the level of its notifications. */
function countOf(row: HTMLElement): number {
  const unread = Number(row.dataset["unread"] ?? 0);
  const level = levelOf(row.dataset["roomId"] ?? "");
  if (level === "none") return 0;
  if (level === "mentions") return field(row, "mentions")?.hidden === false ? 1 : 0;
  return unread;
}

/** Whether a message mentions the user, or everybody. A silent one calls nobody. */
function namesMe(message: Message): boolean {
  const me = document.body.dataset["me"];
  if (message.silent) return false;
  return (message.mentions ?? []).some(({ userId }) => !userId || userId === me);
}
