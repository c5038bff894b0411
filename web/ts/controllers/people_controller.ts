import { Controller } from "@hotwired/stimulus";
import { showUser } from "../lib/avatar";
import { copy } from "../lib/fragment";
import { guestMark, idOf, nameOf } from "../lib/member_row";
import { placeMenu } from "../lib/menu";
import { showProfile } from "../lib/profile_card";
import { departed, MAX_MEMBERS, type RoomAction, roomConnection } from "../lib/room_connection";
import { isBlocked, setBlocked } from "../lib/blocked";
import { isMuted, setMuted } from "../lib/notifications";
import { errorText, nameInText, tWith } from "../lib/strings";
import { toast } from "../lib/toast";
import { offerUndo } from "../lib/undo";
import type { Member, Message, User } from "../lib/wire";
import type ComposerController from "./composer_controller";

/** The list of members, and the one menu of what one may do with each. */
export default class PeopleController extends Controller<HTMLElement> {
  static targets = ["list", "blank", "marks", "menu", "card"];
  static outlets = ["composer"];
  declare readonly listTarget: HTMLElement;
  declare readonly blankTarget: HTMLTemplateElement;
  declare readonly marksTarget: HTMLTemplateElement;
  declare readonly menuTarget: HTMLDialogElement;
  declare readonly cardTarget: HTMLElement;
  declare readonly composerOutlet: ComposerController;

  private readonly connection = roomConnection();
  private subscriptions = new AbortController();
  /** The member the menu is open for. */
  private chosenId = "";

  override connect(): void {
    this.subscriptions = new AbortController();
    const { signal } = this.subscriptions;
    const { connection } = this;
    connection.on("joined", signal, ({ members }) => this.replaceAll(members));
    connection.on("message", signal, (message) => this.message(message));
    connection.on("online", signal, ({ user }) => this.online(user));
    connection.on("offline", signal, ({ user }) => this.setOnline(user.id, false));
    connection.on("user", signal, (user) => {
      const row = this.row(user.id);
      if (row) showUser(row, user);
    });
    this.markOwn();
  }

  override disconnect(): void {
    this.subscriptions.abort();
  }

  /** The other members in the list: their names and avatars. */
  others(): { id: string; name: string; face: Element | null; mark: Element | null }[] {
    const member = (row: HTMLElement) => ({ id: idOf(row), name: nameOf(row), face: row.querySelector(".avatar"), mark: guestMark(row) });
    return this.rows().filter((row) => !row.matches(".is-me")).map(member);
  }

  /** All members in the list, with their names as a text has them. */
  everyone(): { id: string; name: string }[] {
    return this.rows().map((row) => ({ id: idOf(row), name: nameInText(nameOf(row), guestMark(row) !== null) }));
  }

  nameOf(id: string): string {
    const row = this.row(id);
    return row ? nameOf(row) : "";
  }

  /** Shows a member in the list, with the menu open. */
  show(id: string): void {
    const row = this.row(id);
    const side = document.getElementById("side-people");
    if (!row || !side) return;
    if (getComputedStyle(side).display === "none") side.showPopover();
    row.scrollIntoView({ block: "nearest" });
    row.querySelector("a")?.focus();
    this.openMenu(row);
  }

  /** A press on a row of the list. */
  open(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>("[data-member]");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.openMenu(row);
  }

  /** Closes the menu on a press beside it. */
  dismiss(event: Event): void {
    if (event.target === this.menuTarget) this.menuTarget.close();
  }

  whisper(): void {
    const [id, name] = [this.chosenId, this.nameOf(this.chosenId)];
    this.close();
    this.composerOutlet.whisperTo({ id, name });
  }

  kick(event: SubmitEvent): void {
    const revokesInvites = new FormData(event.target as HTMLFormElement).has("revokeInvites");
    const hours = Number(new FormData(event.target as HTMLFormElement).get("hours"));
    const reason = String(new FormData(event.target as HTMLFormElement).get("reason") ?? "").trim();
    const isBan = event.submitter?.getAttribute("name") === "ban";
    this.act(event, "kick", { ...(reason && { reason }), ...(isBan && { ban: true, revokeInvites: revokesInvites, ...(hours && { hours }) }) });
  }

  handOver(event: SubmitEvent): void {
    this.act(event, "owner", {});
  }

  setModerator(event: SubmitEvent): void {
    this.act(event, "moderator", { on: event.submitter?.getAttribute("value") === "true" });
  }

  block(event: SubmitEvent): void {
    void this.setBlock(event, true);
  }

  unblock(event: SubmitEvent): void {
    void this.setBlock(event, false);
  }

  mute(event: SubmitEvent): void {
    void this.setMute(event, true);
  }

  unmute(event: SubmitEvent): void {
    void this.setMute(event, false);
  }

  private async setMute(event: SubmitEvent, on: boolean): Promise<void> {
    event.preventDefault();
    const [id, name] = [this.chosenId, this.nameOf(this.chosenId)];
    this.close();
    if (!(await setMuted(id, on))) return toast(errorText("unavailable"));
    offerUndo(tWith(on ? "mutedDone" : "unmutedDone", name), () => setMuted(id, !on));
  }

  private async setBlock(event: SubmitEvent, on: boolean): Promise<void> {
    event.preventDefault();
    const [id, name] = [this.chosenId, this.nameOf(this.chosenId)];
    this.close();
    if (!(await setBlocked(id, on))) return toast(errorText("unavailable"));
    if (on) offerUndo(tWith("blockedDone", name), () => setBlocked(id, false));
  }

  private act(event: Event, action: RoomAction, more: object): void {
    // Without a connection the browser sends the form.
    if (!this.connection.isConnected) return;
    event.preventDefault();
    const body = { room: this.connection.roomId, userId: this.chosenId, ...more };
    this.close();
    void this.connection.act(action, body).then((code) => code && toast(errorText(code)));
  }

  private openMenu(row: HTMLElement): void {
    if (row.matches(".is-me")) return;
    const { userId = "", role = "member" } = row.dataset;
    this.chosenId = userId;
    void showProfile(this.cardTarget, row, userId);
    const actions = this.menuTarget.querySelector<HTMLElement>(".member-actions");
    if (actions) actions.dataset["role"] = role;
    actions?.classList.toggle("is-blocked", isBlocked(userId));
    actions?.classList.toggle("is-muted", isMuted(userId));
    for (const name of this.menuTarget.querySelectorAll(".asks__who")) name.textContent = this.nameOf(userId);
    for (const asked of this.menuTarget.querySelectorAll("details")) asked.open = false;
    for (const input of this.menuTarget.querySelectorAll<HTMLInputElement>("[name=reason]")) input.value = "";
    for (const input of this.menuTarget.querySelectorAll("[name=userId]")) input.setAttribute("value", userId);
    this.menuTarget.showModal();
    placeMenu(this.menuTarget, row, "right");
  }

  /** Shows all of what an action asks first. */
  reveal({ target }: Event): void {
    if (target instanceof HTMLDetailsElement && target.open) target.scrollIntoView({ block: "nearest" });
  }

  private close(): void {
    this.menuTarget.close();
    const side = document.getElementById("side-people");
    if (side?.matches(":popover-open")) side.hidePopover();
  }

  private replaceAll(members: Member[]): void {
    this.listTarget.replaceChildren(...members.map((member) => this.create(member)).sort(inOrder));
    this.markOwn();
    // The menu stays open for its member, if they are still here.
    if (this.menuTarget.open && !this.row(this.chosenId)) this.menuTarget.close();
  }

  private message(message: Message): void {
    const gone = departed(message);
    if (gone && gone.id !== this.connection.me) this.row(gone.id)?.remove();
    const { event, user } = message.system ?? {};
    // Who joins without a socket is a member all the same.
    if (event === "join" && message.user && !message.system?.others) this.add(message.user, false);
    if (!user) return;
    if (event === "owner") {
      for (const row of this.rows()) if (row.dataset["role"] === "owner") this.setRole(row, "member");
    }
    const row = this.row(user.id);
    if (row && (event === "owner" || event === "moderator" || event === "member")) this.setRole(row, event);
  }

  private online(user: User): void {
    if (this.row(user.id)) this.setOnline(user.id, true);
    else this.add(user, true);
  }

  private add(user: User, online: boolean): void {
    if (this.row(user.id) || this.rows().length >= MAX_MEMBERS) return;
    const row = this.create({ user, role: "member", online, presence: online ? "online" : "offline", readSeq: null });
    const next = this.rows().find((other) => inOrder(row, other) < 0);
    if (next) next.before(row);
    else this.listTarget.append(row);
  }

  private create(member: Omit<Member, "joinedAt">): HTMLElement {
    const row = copy(this.blankTarget);
    row.dataset["userId"] = member.user.id;
    row.dataset["online"] = String(member.online);
    row.querySelector("a")?.setAttribute("href", `?member=${member.user.id}`);
    if (member.user.kind !== "account") this.addMark(row, member.user.kind);
    this.setRole(row, member.role);
    showUser(row, member.user);
    return row;
  }

  private setRole(row: HTMLElement, role: Member["role"]): void {
    row.dataset["role"] = role;
    row.querySelector(".member__role")?.remove();
    this.addMark(row, role);
  }

  private markOwn(): void {
    const row = this.row(this.connection.me);
    if (!row) return;
    row.classList.add("is-me");
    if (!row.querySelector("[data-mark=you]")) this.addMark(row, "you");
  }

  private addMark(row: HTMLElement, name: string): void {
    const mark = this.marksTarget.content.querySelector(`[data-mark="${name}"]`);
    if (!mark) return;
    const link = row.querySelector("a");
    const role = link?.querySelector(".member__role");
    // A role stands at the end of the row.
    if (role) role.before(mark.cloneNode(true));
    else link?.append(mark.cloneNode(true));
  }

  private setOnline(id: string, online: boolean): void {
    const row = this.row(id);
    if (row) row.dataset["online"] = String(online);
  }

  private row(id: string): HTMLElement | null {
    return this.listTarget.querySelector(`[data-user-id="${CSS.escape(id)}"]`);
  }

  private rows(): HTMLElement[] {
    return [...this.listTarget.querySelectorAll<HTMLElement>("[data-member]")];
  }
}

const RANK: Record<string, number> = { owner: 0, moderator: 1, member: 2 };

/** The owner, the moderators, then who is online, then by name (`view::page` sorts the same way). */
function inOrder(a: HTMLElement, b: HTMLElement): number {
  const rank = ({ dataset }: HTMLElement) => [RANK[dataset["role"] ?? "member"] ?? 2, dataset["online"] === "true" ? 0 : 1] as const;
  const name = (row: HTMLElement) => row.querySelector(".member__name")?.textContent ?? "";
  const [one, other] = [rank(a), rank(b)];
  return one[0] - other[0] || one[1] - other[1] || name(a).localeCompare(name(b));
}
