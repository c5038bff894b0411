import { Controller } from "@hotwired/stimulus";
import { showUser } from "../lib/avatar";
import { arrange, decorate, isMessage, neighbour, seqOf, timeOf } from "../lib/arrange";
import { fragment } from "../lib/fragment";
import { HistoryLoader } from "../lib/history_loader";
import type { PendingMessage } from "../lib/pending_store";
import { hideFailure, renderPending, showFailure } from "../lib/pending_view";
import { placeReadMarker, removeReadMarker } from "../lib/read_marker";
import { roomConnection } from "../lib/room_connection";
import { errorText } from "../lib/strings";
import { toast } from "../lib/toast";
import { addOlderLink, trim } from "../lib/trim";
import { countUnread } from "../lib/unread";
import type { Message, User } from "../lib/wire";
import type PeopleController from "./people_controller";

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
  private sizes?: ResizeObserver;
  private history!: HistoryLoader;

  override initialize(): void {
    this.history = new HistoryLoader(this.listTarget, this.element, this.connection.roomId, () => this.settleAll(), (message) => this.put(message));
  }

  override connect(): void {
    this.subscribe();
    this.settleAll();
    for (const message of this.connection.pending()) {
      this.addPending(message);
      if (message.failed) this.fail(message.key, message.failed);
    }
    this.open();
    // A phone's keyboard and a growing composer shrink the list: stay at the end.
    this.sizes = new ResizeObserver(() => this.isAtBottom && this.toBottom());
    this.sizes.observe(this.element);
    this.sizes.observe(this.listTarget);
    document.addEventListener("visibilitychange", this.seen);
  }

  override disconnect(): void {
    this.subscriptions.abort();
    this.sizes?.disconnect();
    document.removeEventListener("visibilitychange", this.seen);
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
    connection.on("pending", signal, ({ message, rows }) => this.addPending(message, rows));
    connection.on("sent", signal, ({ key, seq }) => this.settle(key, seq));
    connection.on("failed", signal, ({ key, code }) => this.fail(key, code));
    connection.on("withdrawn", signal, ({ key }) => this.withdraw(key));
    connection.on("reads", signal, () => this.count());
    connection.on("user", signal, (user) => this.rename(user));
  }

  /** Adds a message or replaces its older version. */
  private put(message: Message): void {
    const present = document.getElementById(`m-${message.seq}`);
    const isNew = !isMessage(present);
    if (!isNew && Number(present.dataset["rev"] ?? present.dataset["seq"]) >= message.rev) return this.dropPending(message.key, message.seq);
    const element = fragment(message.html).firstElementChild;
    if (!isMessage(element)) return;
    decorate(element, this.connection.me);
    const isNews = isNew && message.user?.id !== this.connection.me;
    if (!isNew) {
      replace(present, element);
    } else if (!this.insert(element, message.seq)) {
      this.history.keep(message);
      return this.news(element, isNews && message.seq > this.lastSeq());
    }
    this.dropPending(message.key, message.seq);
    arrange(element);
    arrange(neighbour(element, "nextElementSibling"));
    this.count();
    this.after(element, isNews);
  }

  /** Replaces all messages, after a gap that the server cannot fill. */
  private reset(messages: Message[]): void {
    const waiting = this.pendings();
    this.listTarget.replaceChildren();
    const first = messages[0];
    if (first && first.seq > 1) addOlderLink(this.listTarget, first.seq);
    for (const message of messages) this.listTarget.append(fragment(message.html));
    this.listTarget.append(...waiting);
    this.settleAll();
    this.toBottom();
  }

  private addPending(message: PendingMessage, files: HTMLElement[] = []): void {
    const element = renderPending(message, { text: this.blankTarget, whisper: this.blankWhisperTarget }, files);
    decorate(element, this.connection.me);
    this.listTarget.append(element);
    arrange(element);
    removeReadMarker(this.listTarget);
    if (this.history.isAtEnd) this.toBottom();
    else void this.toEnd();
  }

  /** The server stored a pending message under this seq; its event may come before or after this. */
  private settle(key: string, seq: number): void {
    const element = this.pending(key);
    if (!element) return;
    if (document.getElementById(`m-${seq}`)) this.remove(element);
    else element.dataset["settled"] = String(seq);
  }

  private fail(key: string, code: string): void {
    const element = this.pending(key);
    if (!element) return;
    const retry = () => {
      hideFailure(element);
      this.connection.retry(key);
    };
    const discard = () => {
      this.remove(element);
      this.connection.discard(key);
    };
    showFailure(element, code, retry, discard);
    if (this.isAtBottom) this.toBottom();
  }

  private withdraw(key: string): void {
    const element = this.pending(key);
    if (element) this.remove(element);
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
    link.closest<HTMLElement>("[popover]")?.hidePopover();
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
    this.pill("top", false);
    if (!(await this.history.jump(`around=${this.readValue + 1}`))) return;
    const first = this.firstUnread();
    if (first) this.toTop(placeReadMarker(first));
  }

  async toEnd(): Promise<void> {
    if (!this.history.isAtEnd && !(await this.history.newest())) return;
    if (location.search) history.replaceState(null, "", location.pathname);
    this.toBottom();
  }

  scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    const below = scrollHeight - scrollTop - clientHeight;
    this.isAtBottom = below < 40 && this.history.isAtEnd;
    if (this.isAtBottom) this.seen();
    if (scrollTop < 400) void this.history.older();
    if (below < 400) void this.history.newer();
  }

  private toBottom(): void {
    this.isAtBottom = this.history.isAtEnd;
    this.element.scrollTop = this.element.scrollHeight;
    this.seen();
  }

  private toTop(element: HTMLElement): void {
    this.isAtBottom = false;
    this.element.scrollTop += element.getBoundingClientRect().top - this.element.getBoundingClientRect().top - 12;
  }

  /** Scrolls to the message of the address, to the first unread one, or to the end. */
  private open(): void {
    if (this.atValue) return void this.point(this.atValue);
    if (!this.history.isAtEnd) {
      const { since } = Object.fromEntries(new URLSearchParams(location.search));
      this.isAtBottom = false;
      if (!since) this.element.scrollTop = 0;
      return;
    }
    this.toBottom();
    const first = this.unreadValue > 0 ? this.firstUnread() : undefined;
    if (!first) return;
    if (!neighbour(first, "previousElementSibling")) {
      // All messages on the page are unread: there may be more above.
      return this.pill("top", this.listTarget.querySelector(".older") !== null);
    }
    const mark = placeReadMarker(first);
    if (mark.getBoundingClientRect().top < this.element.getBoundingClientRect().top) this.toTop(mark);
  }

  private firstUnread(): HTMLElement | undefined {
    const isNew = (message: HTMLElement) => seqOf(message) > this.readValue && !message.matches(".mine, .line");
    return this.settled().find(isNew);
  }

  /** Returns false where the message lies beyond the loaded pages. */
  private insert(element: HTMLElement, seq: number): boolean {
    const messages = this.settled();
    const after = messages.findLast((other) => seqOf(other) < seq);
    if (after) {
      if (after === messages.at(-1) && !this.history.isAtEnd) return false;
      after.after(element);
      return true;
    }
    const older = this.listTarget.querySelector(".older");
    if (older && messages.length) return false;
    if (older) older.after(element);
    else this.listTarget.prepend(element);
    return true;
  }

  private settleAll(): void {
    for (const element of this.pendings()) {
      const { settled } = element.dataset;
      if (settled && document.getElementById(`m-${settled}`)) element.remove();
    }
    for (const message of this.listTarget.querySelectorAll<HTMLElement>("[data-message]")) {
      if (!message.classList.contains("is-pending")) decorate(message, this.connection.me);
      arrange(message);
    }
    this.count();
  }

  private after(element: HTMLElement, isNews: boolean): void {
    // Shows on return to this window where reading stopped.
    if (isNews && document.hidden && !this.listTarget.querySelector(".read-mark")) placeReadMarker(element);
    this.news(element, isNews);
    if (!this.isAtBottom) return;
    trim(this.listTarget, this.settled());
    this.toBottom();
  }

  private news(element: HTMLElement, isNews: boolean): void {
    if (!isNews || element.matches(".line") || (this.isAtBottom && !document.hidden)) return;
    if (!this.isAtBottom) this.pill("end", true);
    this.dispatch("news", { detail: { named: element.classList.contains("names-me") } });
  }

  private dropPending(key: string | undefined, seq: number): void {
    for (const element of this.pendings()) {
      if ((key && element.dataset["key"] === key) || element.dataset["settled"] === String(seq)) element.remove();
    }
  }

  private remove(element: HTMLElement): void {
    const next = neighbour(element, "nextElementSibling");
    if (element.previousElementSibling?.classList.contains("day")) element.previousElementSibling.remove();
    element.remove();
    arrange(next);
  }

  private pending(key: string): HTMLElement | undefined {
    return this.pendings().find((element) => element.dataset["key"] === key);
  }

  private pendings(): HTMLElement[] {
    return [...this.listTarget.querySelectorAll<HTMLElement>(".is-pending")];
  }

  private settled(): HTMLElement[] {
    return [...this.listTarget.querySelectorAll<HTMLElement>("[data-message]:not(.is-pending)")];
  }

  private lastSeq(): number {
    const last = this.settled().at(-1);
    return last ? seqOf(last) : 0;
  }

  private count(): void {
    countUnread(this.listTarget, this.connection.reads);
  }

  private seen = () => {
    if (!this.isAtBottom || document.hidden) return;
    this.pill("end", false);
    this.dispatch("seen");
    const last = this.lastSeq();
    if (last) this.connection.read(last);
  };

  private pill(which: "top" | "end", shown: boolean): void {
    const pill = document.querySelector<HTMLElement>(`.pill--${which}`);
    if (pill) pill.hidden = !shown;
  }
}

/** Replaces a message by its newer version, and keeps the bar of actions and the focus. */
function replace(present: HTMLElement, element: HTMLElement): void {
  const bar = present.querySelector<HTMLElement>("#message-bar");
  const focused = bar?.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  const hadFocus = document.activeElement === present;
  present.replaceWith(element);
  if (bar && !element.querySelector(".bubble--deleted")) element.querySelector(".message__foot")?.append(bar);
  focused?.focus({ preventScroll: true });
  if (!hadFocus) return;
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/** Returns the day line above a message, or the message if it has none. */
function neighbourDay(message: HTMLElement): HTMLElement {
  const before = message.previousElementSibling;
  return before instanceof HTMLElement && before.classList.contains("day") ? before : message;
}
