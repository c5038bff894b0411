import { Controller } from "@hotwired/stimulus";
import { setTitle } from "../lib/badge";
import { field } from "../lib/fragment";
import { showPresence } from "../lib/presence";
import { departed, roomConnection, type RoomEvents } from "../lib/room_connection";
import { errorText, t, tWith } from "../lib/strings";
import { localize } from "../lib/time";
import { toast } from "../lib/toast";
import { Typing } from "../lib/typing";
import { fetchPage, visit } from "../lib/visit";
import type { Message, OwnMute, Room } from "../lib/wire";
import type TimelineController from "./timeline_controller";

/** A shorter interruption is not shown. */
const LOST_NOTICE_MS = 1200;
/** Time to read why the room closes. */
const CLOSING_MS = 2500;
/** The same with a reason to read. */
const READING_MS = 7000;
/** A browser fires a longer timer at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The frame of the room's page: title, connection notice, number of people, typing line. */
export default class RoomController extends Controller<HTMLElement> {
  static targets = ["bar", "title", "locked", "members", "memberNumber", "online", "typing", "seen", "request", "mute"];
  static outlets = ["timeline"];
  declare readonly barTarget: HTMLElement;
  declare readonly titleTarget: HTMLElement;
  declare readonly lockedTarget: SVGElement;
  declare readonly membersTargets: HTMLElement[];
  declare readonly memberNumberTargets: HTMLElement[];
  declare readonly onlineTargets: HTMLElement[];
  declare readonly typingTarget: HTMLElement;
  declare readonly seenTargets: HTMLElement[];
  /** The question whether to accept a stranger's room. */
  declare readonly requestTargets: HTMLElement[];
  /** The line above the composer that a user reads who is muted. */
  declare readonly muteTarget: HTMLElement;
  declare readonly hasMuteTarget: boolean;
  declare readonly timelineOutlet: TimelineController;

  private readonly connection = roomConnection();
  private subscriptions = new AbortController();
  private typing!: Typing;
  private noticeTimer = 0;
  private muteTimer = 0;

  override connect(): void {
    const head = this.element.querySelector(".talk__head");
    if (head) localize(head);
    this.typing = new Typing((names) => this.showTyping(names));
    this.subscriptions = new AbortController();
    const { signal } = this.subscriptions;
    const { connection } = this;
    connection.on("joined", signal, (joined) => this.joined(joined));
    connection.on("lost", signal, () => this.lost());
    connection.on("refused", signal, ({ code }) => this.notice(code ? errorText(code) : t("reconnecting")));
    connection.on("closed", signal, ({ reason, why }) => this.close([t(reason), why].filter(Boolean).join(" "), why ? READING_MS : CLOSING_MS));
    connection.on("mute", signal, (mute) => this.showMute(mute));
    connection.on("draining", signal, () => this.notice(t("restarting")));
    connection.on("message", signal, (message) => this.message(message));
    connection.on("online", signal, ({ count }) => this.showOnline(count));
    connection.on("offline", signal, ({ user, count }) => {
      this.typing.stop(user.id);
      this.showOnline(count);
    });
    connection.on("typing", signal, (user) => this.typing.start(user));
    connection.on("change", signal, (room) => this.change(room));
    connection.on("user", signal, (user) => this.isDirectWith(user.id) && this.retitle(user.name));
    connection.on("presence", signal, ({ userId, state, seenAt }) => {
      if (this.isDirectWith(userId)) for (const line of this.seenTargets) showPresence(line, state, seenAt);
    });
  }

  override disconnect(): void {
    this.subscriptions.abort();
    clearTimeout(this.noticeTimer);
    clearTimeout(this.muteTimer);
  }

  toBottom(): void {
    void this.timelineOutlet.toEnd();
  }

  toUnread(): void {
    void this.timelineOutlet.toUnread();
  }

  /** Shows the first message of a day, which begins at the midnight of the viewer's time zone. */
  async toDay(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    form.closest("dialog")?.close();
    const day = new FormData(form).get("day");
    const isShown = await this.timelineOutlet.since(new Date(`${day}T00:00:00`).toISOString());
    if (!isShown) toast(errorText("unavailable"));
  }

  private joined({ me, mute }: RoomEvents["joined"]): void {
    this.showMute(mute ?? null);
    this.element.classList.add("is-live");
    this.element.dataset["role"] = me.role;
    clearTimeout(this.noticeTimer);
    this.notice("");
  }

  /** Says above the composer that the user may not write, until that ends by itself. */
  private showMute(mute: OwnMute | null): void {
    clearTimeout(this.muteTimer);
    if (!this.hasMuteTarget) return;
    this.muteTarget.hidden = mute === null;
    const time = this.muteTarget.querySelector("time");
    const reason = field(this.muteTarget, "reason");
    if (!mute || !time || !reason) return;
    time.dateTime = mute.endsAt;
    reason.textContent = mute.reason ?? "";
    localize(this.muteTarget);
    const left = new Date(mute.endsAt).getTime() - Date.now();
    // The device's clock may be ahead.
    if (left > 0 && left < MAX_TIMER_MS) this.muteTimer = window.setTimeout(() => this.showMute(null), left);
  }

  private lost(): void {
    this.element.classList.remove("is-live");
    clearTimeout(this.noticeTimer);
    this.noticeTimer = window.setTimeout(() => this.notice(t("reconnecting")), LOST_NOTICE_MS);
  }

  private message(message: Message): void {
    // An answer accepts.
    if (message.user?.id === document.body.dataset["me"]) for (const question of this.requestTargets) question.remove();
    const { me } = this.connection;
    if (message.user) this.typing.stop(message.user.id);
    if (departed(message)?.id === me && message.system?.event === "exit") return this.close("");
    const { event, user } = message.system ?? {};
    const isOwnRole = event === "owner" ? [user?.id, message.user?.id].includes(me) : (event === "moderator" || event === "member") && user?.id === me;
    if (isOwnRole) void this.refreshRole();
  }

  /** Takes over the menus of another role. Nothing else changes, so nobody is interrupted. */
  private async refreshRole(): Promise<void> {
    const page = await fetchPage();
    const role = page?.querySelector<HTMLElement>(".room")?.dataset["role"];
    if (!page || !role) return;
    this.element.dataset["role"] = role;
    for (const id of ["room-menu", "leave", "share"]) {
      const [present, fresh] = [document.getElementById(id), page.getElementById(id)];
      if (present?.matches("[open]")) continue;
      if (present && fresh) present.replaceWith(fresh);
      else if (fresh) document.body.append(fresh);
      else present?.remove();
    }
  }

  private close(line: string, ms = CLOSING_MS): void {
    this.connection.close();
    this.notice(line);
    // A user who has gone to another page meanwhile stays there.
    setTimeout(() => this.element.isConnected && void visit("/"), ms);
  }

  private change(room: Room): void {
    // A direct room has the name of the other user.
    if (room.kind === "open") this.retitle(room.title);
    this.lockedTarget.toggleAttribute("hidden", !room.locked);
    this.showOnline(room.onlineCount);
    const { memberCount } = room;
    const members = memberCount === 1 ? t("membersOne") : t("membersMany").replace("#", String(memberCount));
    for (const target of this.membersTargets) target.textContent = members;
    for (const target of this.memberNumberTargets) target.textContent = String(memberCount);
  }

  private retitle(name: string): void {
    this.titleTarget.textContent = name;
    setTitle(name);
  }

  private isDirectWith(userId: string): boolean {
    return this.seenTargets.some((line) => line.dataset["userId"] === userId);
  }

  private showOnline(count: number): void {
    for (const target of this.onlineTargets) target.textContent = String(count);
  }

  private showTyping(names: string[]): void {
    this.typingTarget.textContent = names.length > 1 ? t("typingMany") : names[0] ? tWith("typing", names[0]) : "";
  }

  private notice(line: string): void {
    this.barTarget.textContent = line;
    this.barTarget.hidden = line === "";
  }
}
