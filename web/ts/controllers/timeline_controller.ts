import { Controller } from "@hotwired/stimulus";
import { arrange, decorate, isMessage, neighbour, seqOf } from "../lib/arrange";
import { fragment } from "../lib/fragment";
import { layMark, liftMark } from "../lib/mark";
import type { Letter } from "../lib/outbox";
import { Pages } from "../lib/pages";
import { hideFailure, pending, showFailure } from "../lib/pending";
import { portray } from "../lib/person";
import { layOlder, trim } from "../lib/trim";
import { countUnread, type Reads } from "../lib/unread";
import type { Message, User } from "../lib/wire";
import type RoomController from "./room_controller";

/** The messages: each in its place by seq, the newest state winning by rev. */
export default class TimelineController extends Controller<HTMLElement> {
  static targets = ["list", "blank", "blankWhisper"];
  static values = { me: String, read: Number, unread: Number, at: Number };
  static outlets = ["room"];
  declare readonly listTarget: HTMLElement;
  declare readonly blankTarget: HTMLTemplateElement;
  declare readonly blankWhisperTarget: HTMLTemplateElement;
  declare readonly meValue: string;
  /** How far one had read, and how much was said since, when the page was made. */
  declare readonly readValue: number;
  declare readonly unreadValue: number;
  /** The message that the address points at. */
  declare readonly atValue: number;
  declare readonly roomOutlet: RoomController;
  declare readonly hasRoomOutlet: boolean;

  private isAtBottom = true;
  private reads: Reads | null = null;
  private sizes?: ResizeObserver;
  private pages!: Pages;

  // The room may hand over what waits to be sent before this controller is connected.
  override initialize(): void {
    this.pages = new Pages(this.listTarget, this.element, () => this.roomOutlet.idValue, () => this.settleAll(), (message) => this.put(message));
  }

  override connect(): void {
    this.settleAll();
    this.open();
    // The keyboard of a phone and a growing composer make the talk shorter: stay where one was.
    this.sizes = new ResizeObserver(() => this.isAtBottom && this.toBottom());
    this.sizes.observe(this.element);
    this.sizes.observe(this.listTarget);
    document.addEventListener("visibilitychange", this.seen);
  }

  override disconnect(): void {
    this.sizes?.disconnect();
    document.removeEventListener("visibilitychange", this.seen);
  }

  /** Takes a message in, new or changed. */
  put(message: Message): void {
    const present = document.getElementById(`m-${message.seq}`);
    const isNew = !isMessage(present);
    if (!isNew && Number(present.dataset["rev"]) >= message.rev) return this.dropPending(message.key, message.seq);
    const element = fragment(message.html).firstElementChild;
    if (!isMessage(element)) return;
    decorate(element, this.meValue);
    const isNews = isNew && message.user?.id !== this.meValue;
    if (!isNew) {
      replace(present, element);
    } else if (!this.insert(element, message.seq)) {
      this.pages.keep(message);
      return this.news(element, isNews && message.seq > this.lastSeq());
    }
    this.dropPending(message.key, message.seq);
    arrange(element);
    arrange(neighbour(element, "nextElementSibling"));
    this.count();
    this.after(element, isNews);
  }

  /** Forgets what is shown and begins again, where the room's numbers leapt. */
  reset(messages: Message[]): void {
    const waiting = this.pendings();
    this.listTarget.replaceChildren();
    const first = messages[0];
    if (first && first.seq > 1) layOlder(this.listTarget, first.seq);
    for (const message of messages) this.listTarget.append(fragment(message.html));
    this.listTarget.append(...waiting);
    this.settleAll();
    this.toBottom();
  }

  pend(letter: Letter, files: HTMLElement[] = []): void {
    const element = pending(letter, { text: this.blankTarget, whisper: this.blankWhisperTarget }, files);
    decorate(element, this.meValue);
    this.listTarget.append(element);
    arrange(element);
    liftMark(this.listTarget);
    if (this.pages.isAtEnd) this.toBottom();
    else void this.toEnd();
  }

  /** The server has a pending message under this seq; its own rendering may be here or on its way. */
  settle(key: string, seq: number): void {
    const element = this.pending(key);
    if (!element) return;
    if (document.getElementById(`m-${seq}`)) this.remove(element);
    else element.dataset["settled"] = String(seq);
  }

  fail(key: string, code: string): void {
    const element = this.pending(key);
    if (!element) return;
    const again = () => {
      hideFailure(element);
      this.roomOutlet.retry(key);
    };
    const discard = () => {
      this.remove(element);
      this.roomOutlet.discard(key);
    };
    showFailure(element, code, again, discard);
    if (this.isAtBottom) this.toBottom();
  }

  withdraw(key: string): void {
    const element = this.pending(key);
    if (element) this.remove(element);
  }

  /** How far each person has read; `null` where not everybody is known. */
  marks(reads: Reads | null): void {
    this.reads = reads;
    this.count();
  }

  rename(user: User): void {
    for (const message of this.listTarget.querySelectorAll<HTMLElement>(`[data-user-id="${CSS.escape(user.id)}"]`)) {
      portray(message, user);
    }
  }

  react(event: Event): void {
    const reaction = event.currentTarget as HTMLElement;
    const id = reaction.closest<HTMLElement>("[data-message]")?.dataset["id"];
    const { emoji } = reaction.dataset;
    if (id && emoji) void this.roomOutlet.act("react", { id, emoji, on: reaction.getAttribute("aria-pressed") !== "true" });
  }

  /** Names who reacted, as far as they are known here, when somebody asks by pointing at it. */
  reactors(event: Event): void {
    const reaction = event.currentTarget as HTMLElement;
    const names = (reaction.dataset["userIds"] ?? "").split(" ").map((id) => this.roomOutlet.nameOf(id)).filter(Boolean);
    const more = Number(reaction.querySelector("b")?.textContent) - names.length;
    reaction.title = `${names.join(", ")}${more > 0 ? ` +${more}` : ""}`;
  }

  /** A press on somebody's face or name shows them among the people. */
  who(event: Event): void {
    const pressed = (event.target as Element).closest(".avatar, .message__name [data-field=name]");
    const id = pressed?.closest<HTMLElement>("[data-message]")?.dataset["userId"];
    if (id) this.roomOutlet.show(id);
  }

  /** By keyboard from message to message; what one may do with each is behind the next Tab. */
  walk(event: KeyboardEvent): void {
    const from = event.target as HTMLElement;
    const way = event.key === "ArrowUp" ? "previousElementSibling" : event.key === "ArrowDown" ? "nextElementSibling" : null;
    if (!way || (from !== this.element && !isMessage(from))) return;
    event.preventDefault();
    let to = isMessage(from) ? neighbour(from, way) : (this.settled().at(-1) ?? null);
    while (to?.matches(".line, .is-pending")) to = neighbour(to, way);
    if (!to) return;
    to.tabIndex = -1;
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  }

  /** Follows a link to a message within the page: a quote, a pin, the time beside it. */
  follow(event: MouseEvent): void {
    const link = (event.target as Element).closest?.<HTMLAnchorElement>('.room a[href^="?at="]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.closest<HTMLElement>("[popover]")?.hidePopover();
    void this.point(Number(new URLSearchParams(link.search).get("at")));
  }

  /** Shows a message in the middle, fetching the talk around it if it is not here. False if there is none. */
  async point(seq: number): Promise<boolean> {
    if (!document.getElementById(`m-${seq}`)) await this.pages.jump(`around=${seq}`);
    const found = document.getElementById(`m-${seq}`);
    if (!isMessage(found)) return false;
    this.isAtBottom = false;
    found.scrollIntoView({ block: "center" });
    found.classList.add("is-found");
    setTimeout(() => found.classList.remove("is-found"), 2000);
    return true;
  }

  /** Shows the first message since a time at the top. */
  async since(time: string): Promise<boolean> {
    if (!(await this.pages.jump(`since=${encodeURIComponent(time)}`))) return false;
    const first = this.settled().find((message) => Date.parse(message.dataset["at"] ?? "") >= Date.parse(time));
    if (first) this.toTop(neighbourDay(first));
    else this.toBottom();
    return true;
  }

  /** Back to what one has not read, which the first page was too short for. */
  async toUnread(): Promise<void> {
    this.pill("top", false);
    if (!(await this.pages.jump(`around=${this.readValue + 1}`))) return;
    const first = this.firstUnread();
    if (first) this.toTop(layMark(first));
  }

  async toEnd(): Promise<void> {
    if (!this.pages.isAtEnd && !(await this.pages.newest())) return;
    if (location.search) history.replaceState(null, "", location.pathname);
    this.toBottom();
  }

  scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    const below = scrollHeight - scrollTop - clientHeight;
    this.isAtBottom = below < 40 && this.pages.isAtEnd;
    if (this.isAtBottom) this.seen();
    if (scrollTop < 400) void this.pages.older();
    if (below < 400) void this.pages.newer();
  }

  private toBottom(): void {
    this.isAtBottom = this.pages.isAtEnd;
    this.element.scrollTop = this.element.scrollHeight;
    this.seen();
  }

  private toTop(element: HTMLElement): void {
    this.isAtBottom = false;
    this.element.scrollTop += element.getBoundingClientRect().top - this.element.getBoundingClientRect().top - 12;
  }

  /** Where to begin: at the message of the address, at what is new, or at the end. */
  private open(): void {
    if (this.atValue) return void this.point(this.atValue);
    if (!this.pages.isAtEnd) {
      const { since } = Object.fromEntries(new URLSearchParams(location.search));
      this.isAtBottom = false;
      if (!since) this.element.scrollTop = 0;
      return;
    }
    this.toBottom();
    const first = this.unreadValue > 0 ? this.firstUnread() : undefined;
    if (!first) return;
    if (!neighbour(first, "previousElementSibling")) {
      // When everything here is new, there may be more of it above; else one has read nothing yet.
      return this.pill("top", this.listTarget.querySelector(".older") !== null);
    }
    const mark = layMark(first);
    if (mark.getBoundingClientRect().top < this.element.getBoundingClientRect().top) this.toTop(mark);
  }

  private firstUnread(): HTMLElement | undefined {
    const isNew = (message: HTMLElement) => seqOf(message) > this.readValue && !message.matches(".mine, .line");
    return this.settled().find(isNew);
  }

  /** False where the message lies beyond what is shown: it will come with its own page. */
  private insert(element: HTMLElement, seq: number): boolean {
    const messages = this.settled();
    const after = messages.findLast((other) => seqOf(other) < seq);
    if (after) {
      if (after === messages.at(-1) && !this.pages.isAtEnd) return false;
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
      if (!message.classList.contains("is-pending")) decorate(message, this.meValue);
      arrange(message);
    }
    this.count();
  }

  private after(element: HTMLElement, isNews: boolean): void {
    // Who comes back to this window sees where they had left it.
    if (isNews && document.hidden && !this.listTarget.querySelector(".read-mark")) layMark(element);
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
    countUnread(this.listTarget, this.reads);
  }

  private seen = () => {
    if (!this.isAtBottom || document.hidden) return;
    this.pill("end", false);
    this.dispatch("seen");
    const last = this.lastSeq();
    if (last && this.hasRoomOutlet) this.roomOutlet.read(last);
  };

  private pill(which: "top" | "end", shown: boolean): void {
    const pill = document.querySelector<HTMLElement>(`.pill--${which}`);
    if (pill) pill.hidden = !shown;
  }
}

/** Puts the newer state of a message in place of the older, with the bar of acts if that is there. */
function replace(present: HTMLElement, element: HTMLElement): void {
  const bar = present.querySelector<HTMLElement>("#acts");
  const focused = bar?.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  const hadFocus = document.activeElement === present;
  present.replaceWith(element);
  if (bar && !element.querySelector(".bubble--deleted")) element.querySelector(".message__foot")?.append(bar);
  focused?.focus({ preventScroll: true });
  if (!hadFocus) return;
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/** The line of the day above a message, if it is the day's first. */
function neighbourDay(message: HTMLElement): HTMLElement {
  const before = message.previousElementSibling;
  return before instanceof HTMLElement && before.classList.contains("day") ? before : message;
}
