import { Controller } from "@hotwired/stimulus";
import { showUser } from "../lib/avatar";
import { foldBlocked } from "../lib/blocked_view";
import { arrange, decorate, isMessage, neighbour, neighbourDay, seqOf, timeOf } from "../lib/arrange";
import { handleWithin } from "../lib/event_batch";
import { fragment } from "../lib/fragment";
import { FrameButtons } from "../lib/frame_buttons";
import { HistoryLoader } from "../lib/history_loader";
import { moveEditor } from "../lib/message_editor";
import { sendQueue } from "../lib/send_queue";
import { PendingList } from "../lib/pending_list";
import { currentEntry, keepPlace, keptPlace, type Place } from "../lib/place";
import { placeReadMarker, removeReadMarker } from "../lib/read_marker";
import { roomConnection } from "../lib/room_connection";
import { Scroller } from "../lib/scroller";
import { errorText, t } from "../lib/strings";
import { toast } from "../lib/toast";
import { addOlderLink, trimNewest, trimOldest } from "../lib/trim";
import { countUnread } from "../lib/unread";
import type { RenderedMessage, User } from "../lib/wire";
import type PeopleController from "./people_controller";

/** A place is kept so long after the last scroll. */
const KEEP_PLACE_MS = 300;
/** A list of fewer elements is short enough. */
const MANY = 320;

/** The messages in the order of their seq; of two versions of one message the higher rev wins. */
export default class TimelineController extends Controller<HTMLElement> {
  static targets = ["list", "blank", "blankWhisper"];
  static values = { read: Number, unread: Number, at: Number };
  static outlets = ["people"];
  declare readonly listTarget: HTMLElement;
  declare readonly blankTarget: HTMLTemplateElement;
  declare readonly blankWhisperTarget: HTMLTemplateElement;
  /** The read position and the number of unread messages when the page was rendered. */
  declare readonly readValue: number;
  declare readonly unreadValue: number;
  /** The message that the address points at. */
  declare readonly atValue: number;
  declare readonly peopleOutlet: PeopleController;

  private readonly connection = roomConnection();
  private subscriptions = new AbortController();
  private isAtBottom = true;
  private history!: HistoryLoader;
  private pending!: PendingList;
  private scroller!: Scroller;
  private keeping = 0;
  private counting = 0;
  private readonly buttons = new FrameButtons();
  /** The entry of the history that shows this page. */
  private entry = currentEntry();

  override initialize(): void {
    const { roomId, me } = this.connection;
    this.scroller = new Scroller(this.element);
    this.history = new HistoryLoader(this.listTarget, roomId, {
      keep: (change) => this.scroller.keep(change),
      loaded: (messages, where) => this.loaded(messages, where),
      put: (message) => this.put(message),
    });
    const blanks = { text: this.blankTarget, whisper: this.blankWhisperTarget };
    this.pending = new PendingList(this.listTarget, blanks, sendQueue(), roomId, me, (isNew) => this.pendingGrew(isNew));
  }

  override connect(): void {
    this.subscribe();
    this.loaded(this.settled(), "all");
    this.pending.connect(this.subscriptions.signal);
    this.open();
  }

  override disconnect(): void {
    this.subscriptions.abort();
    clearTimeout(this.keeping);
    cancelAnimationFrame(this.counting);
  }

  private subscribe(): void {
    this.subscriptions = new AbortController();
    const { signal } = this.subscriptions;
    const { connection } = this;
    connection.on("joined", signal, ({ messages, isReset }) => {
      if (isReset) this.reset(messages);
      else for (const message of messages) this.put(message);
    });
    connection.on("message", signal, (message) => this.put(message));
    connection.on("reads", signal, () => this.countAll());
    connection.on("user", signal, (user) => this.rename(user));
    handleWithin(signal, this.keepReading);
    document.addEventListener("visibilitychange", this.seen, { signal });
    addEventListener("blocks:changed", () => this.foldBlocked(), { signal });
    for (const leaving of ["visit:leave", "pagehide"]) addEventListener(leaving, () => this.keepPlace(), { signal });
  }

  /** Adds a message or replaces its older version. */
  private put(message: RenderedMessage): void {
    const present = document.getElementById(`m-${message.seq}`);
    const isNew = !isMessage(present);
    if (!isNew && Number(present.dataset["rev"] ?? present.dataset["seq"]) >= message.rev) return this.pending.drop(message.key, message.seq);
    const element = fragment(message.html).firstElementChild;
    if (!isMessage(element)) return;
    decorate(element, this.connection.me);
    foldBlocked(element);
    const isNews = isNew && message.user?.id !== this.connection.me;
    let isShown = true;
    const change = () => {
      if (!isNew) replace(present, element);
      else if (!this.insert(element, message.seq)) return void (isShown = false);
      this.pending.drop(message.key, message.seq);
      arrange(element);
      arrange(neighbour(element, "nextElementSibling"));
      countUnread([element], this.connection.reads);
    };
    // With all that changes heights, or what is read further up would move with each message.
    this.keepReading(change);
    if (isShown) return this.after(element, isNews);
    this.history.keep(message);
    this.news(element, isNews && message.seq > this.lastSeq());
  }

  /** Changes the list. Who reads further up stays there; the end stays by itself. */
  private keepReading = (change: () => void) => (this.isAtBottom ? change() : this.scroller.keep(change));

  /** Replaces all messages, after a gap that the server cannot fill. */
  private reset(messages: RenderedMessage[]): void {
    const waiting = this.pending.elements();
    this.listTarget.replaceChildren();
    const first = messages[0];
    if (first && first.seq > 1) addOlderLink(this.listTarget, first.seq);
    for (const message of messages) this.listTarget.append(fragment(message.html));
    this.listTarget.append(...waiting);
    this.loaded(this.settled(), "all");
    this.toBottom();
  }

  private pendingGrew(isNew: boolean): void {
    if (!isNew) return;
    removeReadMarker(this.listTarget);
    if (this.history.isAtEnd) this.toBottom();
    else void this.toEnd();
  }

  private rename(user: User): void {
    for (const message of this.listTarget.querySelectorAll<HTMLElement>(`[data-user-id="${CSS.escape(user.id)}"]`)) {
      showUser(message, user);
    }
  }

  react(event: Event): void {
    const reaction = event.currentTarget as HTMLElement;
    const id = reaction.closest<HTMLElement>("[data-message]")?.dataset["id"];
    const { emoji } = reaction.dataset;
    if (!id || !emoji) return;
    const on = reaction.getAttribute("aria-pressed") !== "true";
    void this.connection.act("react", { id, emoji, on }).then((code) => code && toast(errorText(code)));
  }

  /** Shows the names of those who reacted, as far as the list of members has them. */
  reactors(event: Event): void {
    const reaction = event.currentTarget as HTMLElement;
    const names = (reaction.dataset["userIds"] ?? "").split(" ").map((id) => this.peopleOutlet.nameOf(id)).filter(Boolean);
    const more = Number(reaction.querySelector("b")?.textContent) - names.length;
    reaction.title = `${names.join(", ")}${more > 0 ? ` +${more}` : ""}`;
  }

  /** Shows the sender in the list of members on a press on their avatar or name. */
  showSender(event: Event): void {
    const pressed = (event.target as Element).closest(".avatar, .message__name [data-field=name]");
    const id = pressed?.closest<HTMLElement>("[data-message]")?.dataset["userId"];
    if (id) this.peopleOutlet.show(id);
  }

  /** Arrow keys move the focus between messages; Tab then reaches the actions. */
  moveFocus(event: KeyboardEvent): void {
    const from = event.target as HTMLElement;
    const direction = event.key === "ArrowUp" ? "previousElementSibling" : event.key === "ArrowDown" ? "nextElementSibling" : null;
    if (!direction || (from !== this.element && !isMessage(from))) return;
    event.preventDefault();
    let to = isMessage(from) ? neighbour(from, direction) : (this.settled().at(-1) ?? null);
    while (to?.matches(".line, .is-pending")) to = neighbour(to, direction);
    if (!to) return;
    to.tabIndex = -1;
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  }

  /** Follows a link to a message: a quote, a pin, a time. */
  follow(event: MouseEvent): void {
    const link = (event.target as Element).closest?.<HTMLAnchorElement>('.room a[href^="?at="]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.closest("dialog")?.close();
    void this.point(Number(new URLSearchParams(link.search).get("at")));
  }

  /** Shows a message in the middle, and loads it if needed. Returns false if there is none. */
  async point(seq: number): Promise<boolean> {
    if (!document.getElementById(`m-${seq}`)) await this.history.jump(`around=${seq}`);
    const found = document.getElementById(`m-${seq}`);
    if (!isMessage(found)) return false;
    this.isAtBottom = false;
    found.scrollIntoView({ block: "center" });
    // The highlight fades by itself, once per class.
    this.listTarget.querySelector(".is-found")?.classList.remove("is-found");
    found.classList.add("is-found");
    return true;
  }

  /** Shows the first message since a time at the top. */
  async since(time: string): Promise<boolean> {
    if (!(await this.history.jump(`since=${encodeURIComponent(time)}`))) return false;
    const first = this.settled().find((message) => Date.parse(timeOf(message)) >= Date.parse(time));
    if (first) this.toTop(neighbourDay(first));
    else this.toBottom();
    return true;
  }

  /** Shows the first unread message, where the first page was too short for it. */
  async toUnread(): Promise<void> {
    this.buttons.show(".pill--top", false);
    if (!(await this.history.jump(`around=${this.readValue + 1}`))) return;
    const first = this.firstUnread();
    if (first) this.toTop(placeReadMarker(first));
  }

  async toEnd(): Promise<void> {
    if (!this.history.isAtEnd && !(await this.history.newest())) return;
    if (location.search) history.replaceState(history.state, "", location.pathname);
    this.toBottom();
  }

  scrolled(): void {
    const { below, above } = this.scroller;
    this.isAtBottom = this.scroller.isAtEnd && this.history.isAtEnd;
    if (this.isAtBottom) this.seen();
    this.buttons.show(".latest", !this.isAtBottom && (!this.history.isAtEnd || below > this.element.clientHeight / 2));
    if (above < 400) void this.history.older();
    if (below < 400) void this.history.newer();
    this.keeping ||= window.setTimeout(() => this.keepPlace(), KEEP_PLACE_MS);
  }

  private keepPlace(): void {
    clearTimeout(this.keeping);
    this.keeping = 0;
    keepPlace(this.entry, this.isAtBottom ? null : this.scroller.place());
  }

  private toBottom(): void {
    this.isAtBottom = this.history.isAtEnd;
    this.scroller.toEnd();
    this.seen();
  }

  private toTop(element: HTMLElement): void {
    this.isAtBottom = false;
    this.scroller.toTop(element);
  }

  /** Scrolls to where one was, to the message of the address, to the first unread one, or to the end. */
  private open(): void {
    const kept = keptPlace();
    if (kept) return void this.goBackTo(kept);
    if (this.atValue) return void this.point(this.atValue).then((isFound) => isFound || toast(t("notThere")));
    if (!this.history.isAtEnd) {
      this.isAtBottom = false;
      this.buttons.show(".latest", true);
      return this.scroller.toBeginning();
    }
    this.toBottom();
    const first = this.unreadValue > 0 ? this.firstUnread() : undefined;
    if (!first) return;
    if (!neighbour(first, "previousElementSibling")) {
      // All messages on the page are unread: there may be more above.
      return this.buttons.show(".pill--top", this.listTarget.querySelector(".older") !== null);
    }
    const mark = placeReadMarker(first);
    if (mark.getBoundingClientRect().top < this.element.getBoundingClientRect().top) this.toTop(mark);
  }

  private async goBackTo({ seq, offset }: Place): Promise<void> {
    this.isAtBottom = false;
    if (!document.getElementById(`m-${seq}`)) await this.history.jump(`around=${seq}`);
    const found = document.getElementById(`m-${seq}`);
    if (found) this.scroller.toTop(found, offset);
    else this.toBottom();
  }

  private firstUnread(): HTMLElement | undefined {
    const isNew = (message: HTMLElement) => seqOf(message) > this.readValue && !message.matches(".mine, .line");
    return this.settled().find(isNew);
  }

  /** Returns false where the message lies beyond the loaded pages. */
  private insert(element: HTMLElement, seq: number): boolean {
    let after = this.lastSettled();
    const isLast = after && seqOf(after) < seq;
    while (after && seqOf(after) >= seq) after = neighbour(after, "previousElementSibling");
    if (after) {
      if (isLast && !this.history.isAtEnd) return false;
      // What failed stays where it was.
      while (isLast && after.nextElementSibling?.matches(".is-failed")) after = after.nextElementSibling as HTMLElement;
      after.after(element);
      return true;
    }
    const older = this.listTarget.querySelector(":scope > .older");
    if (older && this.lastSettled()) return false;
    if (older) older.after(element);
    else this.listTarget.prepend(element);
    return true;
  }

  /** Prepares messages that the server has rendered, and keeps the list short. */
  private loaded(messages: HTMLElement[], where: "older" | "newer" | "all"): void {
    this.pending.dropSettled();
    for (const message of messages) {
      decorate(message, this.connection.me);
      foldBlocked(message);
      arrange(message);
    }
    arrange(messages.at(-1) ? neighbour(messages.at(-1)!, "nextElementSibling") : null);
    countUnread(messages, this.connection.reads);
    if (where === "older") trimNewest(this.listTarget, this.settled());
    if (where === "newer") trimOldest(this.listTarget, this.settled());
  }

  private foldBlocked(): void {
    for (const message of this.settled()) {
      decorate(message, this.connection.me);
      foldBlocked(message);
    }
  }

  private after(element: HTMLElement, isNews: boolean): void {
    // Shows on return to this window where reading stopped.
    if (isNews && document.hidden && !this.listTarget.querySelector(".read-mark")) placeReadMarker(element);
    this.news(element, isNews);
    const isLong = this.listTarget.childElementCount > MANY;
    if (!this.isAtBottom) return void (isLong && this.keepReading(() => trimNewest(this.listTarget, this.settled())));
    if (isLong) trimOldest(this.listTarget, this.settled());
    this.seen();
  }

  private news(element: HTMLElement, isNews: boolean): void {
    if (!isNews || element.matches(".line") || (this.isAtBottom && !document.hidden)) return;
    if (!this.isAtBottom) this.buttons.show(".pill--end", true);
    this.dispatch("news", { detail: { named: element.classList.contains("names-me") } });
  }

  private settled(): HTMLElement[] {
    return [...this.listTarget.querySelectorAll<HTMLElement>("[data-message]:not(.is-pending)")];
  }

  private lastSettled(): HTMLElement | null {
    let last = this.listTarget.lastElementChild;
    while (last && (!isMessage(last) || last.classList.contains("is-pending"))) last = last.previousElementSibling;
    return last as HTMLElement | null;
  }

  private lastSeq(): number {
    const last = this.lastSettled();
    return last ? seqOf(last) : 0;
  }

  /** Read positions change often, and one pass per frame is enough. */
  private countAll(): void {
    this.counting ||= requestAnimationFrame(() => {
      this.counting = 0;
      countUnread(this.settled(), this.connection.reads);
    });
  }

  private seen = () => {
    if (!this.isAtBottom || document.hidden) return;
    this.buttons.show(".pill--end", false);
    this.dispatch("seen");
    const last = this.lastSeq();
    if (last) this.connection.read(last);
  };
}

/** Replaces a message by its newer version, and keeps the bar of actions and the focus. */
function replace(present: HTMLElement, element: HTMLElement): void {
  const bar = present.querySelector<HTMLElement>("#message-bar");
  const focused = bar?.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  const hadFocus = document.activeElement === present;
  present.replaceWith(element);
  moveEditor(present, element);
  if (bar && !element.querySelector(".bubble--deleted")) element.querySelector(".message__foot")?.append(bar);
  focused?.focus({ preventScroll: true });
  if (!hadFocus) return;
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
