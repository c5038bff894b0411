import { Controller } from "@hotwired/stimulus";
import { arrange, decorate, isMessage, neighbour, seqOf } from "../lib/arrange";
import { fragment } from "../lib/fragment";
import type { Letter } from "../lib/outbox";
import { hideFailure, pending, showFailure } from "../lib/pending";
import { portray } from "../lib/person";
import { countUnread, type Reads } from "../lib/unread";
import type { Message, User } from "../lib/wire";
import { word } from "../lib/words";
import type RoomController from "./room_controller";

// A talk that runs for days must not fill the memory of the page: past MOST, the oldest go, and
// come back from the server when somebody scrolls up.
const MOST = 300;
const KEPT = 200;

/** The messages: each in its place by seq, the newest state winning by rev. */
export default class TimelineController extends Controller<HTMLElement> {
  static targets = ["list", "blank", "blankWhisper"];
  static values = { me: String };
  static outlets = ["room"];
  declare readonly listTarget: HTMLElement;
  declare readonly blankTarget: HTMLTemplateElement;
  declare readonly blankWhisperTarget: HTMLTemplateElement;
  declare readonly meValue: string;
  declare readonly roomOutlet: RoomController;
  declare readonly hasRoomOutlet: boolean;

  private isAtBottom = true;
  private isLoading = false;
  private reads: Reads | null = null;
  private sizes?: ResizeObserver;

  override connect(): void {
    this.settleAll();
    this.toBottom();
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
    if (!isNew && Number(present.dataset["rev"]) >= message.rev) return;
    const element = fragment(message.html).firstElementChild;
    if (!isMessage(element)) return;
    decorate(element, this.meValue);
    if (isNew) {
      if (!this.insert(element, message.seq)) return;
    } else {
      present.replaceWith(element);
    }
    this.dropPending(message.key, message.seq);
    arrange(element);
    arrange(neighbour(element, "nextElementSibling"));
    this.count();
    this.after(isNew && message.user?.id !== this.meValue);
  }

  /** Forgets what is shown and begins again, where the room's numbers leapt. */
  reset(messages: Message[]): void {
    const waiting = this.pendings();
    this.listTarget.replaceChildren();
    const first = messages[0];
    if (first && first.seq > 1) this.layOlder(first.seq);
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
    this.toBottom();
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
    if (id && emoji) this.roomOutlet.act("react", { id, emoji, on: reaction.getAttribute("aria-pressed") !== "true" });
  }

  /** A press on somebody's face or name shows them among the people. */
  who(event: Event): void {
    const pressed = (event.target as Element).closest(".avatar, .message__name [data-field=name]");
    const id = pressed?.closest<HTMLElement>("[data-message]")?.dataset["userId"];
    if (id) this.roomOutlet.show(id);
  }

  scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    this.isAtBottom = scrollHeight - scrollTop - clientHeight < 40;
    if (this.isAtBottom) this.seen();
    if (scrollTop < 400) void this.loadOlder();
  }

  toBottom(): void {
    this.isAtBottom = true;
    this.element.scrollTop = this.element.scrollHeight;
    this.seen();
  }

  private async loadOlder(): Promise<void> {
    const older = this.listTarget.querySelector<HTMLElement>(".older");
    if (!older || this.isLoading) return;
    this.isLoading = true;
    try {
      const answer = await fetch(`/room/${this.roomOutlet.idValue}/messages?before=${older.dataset["older"]}`);
      if (!answer.ok) return;
      const page = fragment(await answer.text());
      const height = this.element.scrollHeight;
      const top = this.element.scrollTop;
      older.replaceWith(page);
      this.settleAll();
      // What is being read stays where it is while the page grows above it.
      this.element.scrollTop = top + this.element.scrollHeight - height;
    } catch {
      // Offline: the link stays, and the next scroll asks again.
    } finally {
      this.isLoading = false;
    }
  }

  /** False where the message lies before what is shown: it will come with its older page. */
  private insert(element: HTMLElement, seq: number): boolean {
    const messages = this.settled();
    const after = messages.findLast((other) => seqOf(other) < seq);
    if (after) {
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
    for (const message of this.listTarget.querySelectorAll<HTMLElement>("[data-message]")) {
      if (!message.classList.contains("is-pending")) decorate(message, this.meValue);
      arrange(message);
    }
    this.count();
  }

  private after(isNews: boolean): void {
    if (this.isAtBottom) {
      this.trim();
      this.toBottom();
    } else if (isNews) {
      this.pill(true);
    }
  }

  private trim(): void {
    const messages = this.settled();
    if (messages.length <= MOST) return;
    const first = messages[messages.length - KEPT];
    if (!first) return;
    while (this.listTarget.firstElementChild && this.listTarget.firstElementChild !== first) {
      this.listTarget.firstElementChild.remove();
    }
    arrange(first);
    this.layOlder(seqOf(first));
  }

  private layOlder(before: number): void {
    const older = document.createElement("li");
    older.className = "older";
    older.dataset["older"] = String(before);
    const link = document.createElement("a");
    link.className = "button button--quiet";
    link.href = `?before=${before}`;
    link.textContent = word("older");
    older.append(link);
    this.listTarget.prepend(older);
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

  private count(): void {
    countUnread(this.listTarget, this.reads);
  }

  private seen = () => {
    if (!this.isAtBottom || document.hidden) return;
    this.pill(false);
    const last = this.settled().at(-1);
    if (last && this.hasRoomOutlet) this.roomOutlet.read(seqOf(last));
  };

  private pill(shown: boolean): void {
    const pill = document.querySelector<HTMLElement>(".pill");
    if (pill) pill.hidden = !shown;
  }
}
