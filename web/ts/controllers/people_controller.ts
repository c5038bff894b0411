import { Controller } from "@hotwired/stimulus";
import { copy } from "../lib/fragment";
import { portray } from "../lib/person";
import type { Reads } from "../lib/unread";
import type { Member, Presence, User } from "../lib/wire";
import type ComposerController from "./composer_controller";
import type RoomController from "./room_controller";

// Above this many the page does not hold everybody, and how many have not read is not known.
const KNOWN = 200;

/** The list of who is in the room, and what one may do with each. */
export default class PeopleController extends Controller<HTMLElement> {
  static targets = ["list", "blank"];
  static outlets = ["room", "composer"];
  declare readonly listTarget: HTMLElement;
  declare readonly blankTarget: HTMLTemplateElement;
  declare readonly roomOutlet: RoomController;
  declare readonly composerOutlet: ComposerController;

  replaceAll(members: Member[]): void {
    const open = this.listTarget.querySelector<HTMLElement>("[data-member]:has(details[open])")?.dataset["userId"];
    this.listTarget.replaceChildren(...members.map((member) => this.make(member)));
    if (open) this.row(open)?.querySelector("details")?.setAttribute("open", "");
  }

  add(user: User, readSeq: number): void {
    const present = this.row(user.id);
    if (present) present.dataset["online"] = "true";
    else if (this.rows().length < KNOWN) {
      this.listTarget.append(this.make({ user, role: "member", online: true, presence: "online", readSeq }));
    }
  }

  offline(id: string): void {
    const row = this.row(id);
    if (row) row.dataset["online"] = "false";
  }

  presence(id: string, state: Presence): void {
    const row = this.row(id);
    if (row) row.dataset["presence"] = state;
  }

  remove(id: string): void {
    this.row(id)?.remove();
  }

  change(user: User): void {
    const row = this.row(user.id);
    if (row) portray(row, user);
  }

  crown(id: string): void {
    for (const row of this.rows()) {
      if (row.dataset["role"] === "owner") row.dataset["role"] = "member";
    }
    const row = this.row(id);
    if (row) row.dataset["role"] = "owner";
  }

  role(id: string, role: Member["role"]): void {
    const row = this.row(id);
    if (row) row.dataset["role"] = role;
  }

  read(id: string, seq: number): void {
    const row = this.row(id);
    // Marks only move forward.
    if (row && Number(row.dataset["readSeq"]) < seq) row.dataset["readSeq"] = String(seq);
  }

  reads(): Reads | null {
    const rows = this.rows();
    if (rows.length >= KNOWN) return null;
    return new Map(rows.map((row) => [row.dataset["userId"] ?? "", Number(row.dataset["readSeq"])]));
  }

  /** Everybody else in the list: who they are, and how they look. */
  others(): { id: string; name: string; face: Element | null }[] {
    const person = (row: HTMLElement) => {
      const id = row.dataset["userId"] ?? "";
      return { id, name: this.nameOf(id), face: row.querySelector(".avatar") };
    };
    return this.rows().filter((row) => !row.matches(".is-me")).map(person);
  }

  nameOf(id: string): string {
    return this.row(id)?.querySelector(".member__name")?.textContent ?? "";
  }

  /** Marks one's own row; the acts are not for oneself. */
  own(id: string): void {
    for (const row of this.rows()) row.classList.toggle("is-me", row.dataset["userId"] === id);
  }

  show(id: string): void {
    const row = this.row(id);
    const side = document.getElementById("side-people");
    if (!row || !side) return;
    if (getComputedStyle(side).display === "none") side.showPopover();
    const more = row.querySelector("details");
    if (more) more.open = true;
    row.scrollIntoView({ block: "nearest" });
    row.querySelector("summary")?.focus();
  }

  whisper(event: Event): void {
    const row = this.rowOf(event);
    const id = row?.dataset["userId"];
    if (!row || !id) return;
    this.close(row);
    this.composerOutlet.whisperTo({ id, name: this.nameOf(id) });
  }

  kick(event: SubmitEvent): void {
    this.act(event, "kick", event.submitter?.getAttribute("name") === "ban" ? { ban: true } : {});
  }

  handOver(event: SubmitEvent): void {
    this.act(event, "owner", {});
  }

  moderator(event: SubmitEvent): void {
    this.act(event, "moderator", { on: event.submitter?.getAttribute("value") === "true" });
  }

  private act(event: Event, name: "kick" | "moderator" | "owner", more: object): void {
    const row = this.rowOf(event);
    const userId = row?.dataset["userId"];
    // Without a connection the form goes the plain way.
    if (!row || !userId || !this.roomOutlet.isConnected) return;
    event.preventDefault();
    this.close(row);
    void this.roomOutlet.act(name, { room: this.roomOutlet.idValue, userId, ...more });
  }

  private close(row: HTMLElement): void {
    row.querySelector("details")?.removeAttribute("open");
    const side = document.getElementById("side-people");
    if (side?.matches(":popover-open")) side.hidePopover();
  }

  private make(member: Member): HTMLElement {
    const row = copy(this.blankTarget);
    row.dataset["userId"] = member.user.id;
    row.dataset["role"] = member.role;
    row.dataset["online"] = String(member.online);
    row.dataset["presence"] = member.presence;
    row.dataset["readSeq"] = String(member.readSeq);
    for (const input of row.querySelectorAll("[name=userId]")) input.setAttribute("value", member.user.id);
    portray(row, member.user);
    return row;
  }

  private rowOf(event: Event): HTMLElement | null {
    return (event.currentTarget as Element).closest<HTMLElement>("[data-member]");
  }

  private row(id: string): HTMLElement | null {
    return this.listTarget.querySelector(`[data-user-id="${CSS.escape(id)}"]`);
  }

  private rows(): HTMLElement[] {
    return [...this.listTarget.querySelectorAll<HTMLElement>("[data-member]")];
  }
}
