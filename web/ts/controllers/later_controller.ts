import { Controller } from "@hotwired/stimulus";
import { roomConnection } from "../lib/room_connection";
import { isAnyWaiting, localMinute, PRESETS, refreshWaiting, schedule, zone } from "../lib/scheduled";
import { openSheet } from "../lib/sheet";
import { errorText, t, tWith } from "../lib/strings";
import { toast } from "../lib/toast";
import type ComposerController from "./composer_controller";

export interface ReminderOf {
  seq: number;
  excerpt: string;
}

/** The sheet that asks when a text is to be sent, or when to remind of a message. */
export default class LaterController extends Controller<HTMLDialogElement> {
  static targets = ["form", "title", "quote", "textLabel", "text", "zone", "at", "submit"];
  static values = { room: String };
  static outlets = ["composer"];
  declare readonly formTarget: HTMLFormElement;
  declare readonly titleTarget: HTMLElement;
  declare readonly quoteTarget: HTMLElement;
  declare readonly textLabelTarget: HTMLElement;
  declare readonly textTarget: HTMLTextAreaElement;
  declare readonly zoneTarget: HTMLElement;
  declare readonly atTarget: HTMLInputElement;
  declare readonly submitTarget: HTMLElement;
  declare readonly roomValue: string;
  declare readonly composerOutlet: ComposerController;

  /** The message to remind of, while the sheet opens for one. */
  private reminderOf: ReminderOf | null = null;
  /** The text of the composer, as it was taken over. */
  private offered = "";
  private isSaved = false;
  /** The note of a reminder that was not saved, and the message it is for. */
  private kept = { replyTo: 0, note: "" };
  private subscriptions = new AbortController();

  override connect(): void {
    this.subscriptions = new AbortController();
    const connection = roomConnection();
    connection.on("message", this.subscriptions.signal, ({ user, rev, seq }) => {
      // It may be one that was scheduled.
      if (user?.id === connection.me && rev === seq && isAnyWaiting()) void refreshWaiting(this.roomValue);
    });
  }

  override disconnect(): void {
    this.subscriptions.abort();
  }

  /** Takes over what is in the composer. */
  opening(event: Event): void {
    const { reminderOf } = this;
    this.reminderOf = null;
    const note = reminderOf?.seq === this.kept.replyTo ? this.kept.note : "";
    const draft = reminderOf ? { text: note, replyTo: reminderOf.seq } : this.composerOutlet.textForLater();
    if (!draft) {
      event.preventDefault();
      return toast(t("laterTextOnly"));
    }
    this.isSaved = false;
    this.setKind(reminderOf ? "reminder" : "message");
    this.textTarget.value = this.offered = draft.text;
    this.field("replyTo").value = draft.replyTo ? String(draft.replyTo) : "";
    this.field("zone").value = this.zoneTarget.textContent = zone();
    this.quoteTarget.hidden = !reminderOf;
    this.quoteTarget.textContent = reminderOf?.excerpt ?? "";
    this.atTarget.min = localMinute(new Date());
    this.atTarget.value = localMinute(PRESETS[0]!(new Date()));
  }

  /** Keeps a text that was changed in the sheet, and not saved. */
  closed(): void {
    const text = this.isSaved ? "" : this.textTarget.value;
    if (this.field("kind").value === "reminder") this.kept = { replyTo: Number(this.field("replyTo").value), note: text };
    else if (!this.isSaved && text !== this.offered) this.composerOutlet.replaceText(this.offered, text);
  }

  /** Opens the sheet for a reminder of a message. */
  remind({ detail }: CustomEvent<ReminderOf>): void {
    this.reminderOf = detail;
    openSheet(this.element);
  }

  preset({ params }: { params: { at: number } }): void {
    this.atTarget.value = localMinute(PRESETS[params.at]!(new Date()));
  }

  async save(event: Event): Promise<void> {
    event.preventDefault();
    const text = this.textTarget.value;
    const kind = this.field("kind").value;
    const replyTo = Number(this.field("replyTo").value) || null;
    const outcome = await schedule(this.roomValue, { kind, text, replyTo, at: this.atTarget.value, zone: zone() });
    if ("code" in outcome) return toast(outcome.field === "at" ? t("laterPast") : errorText(outcome.code));
    this.isSaved = true;
    this.element.close();
    if (kind === "message") {
      this.composerOutlet.sentLater(this.offered);
      void refreshWaiting(this.roomValue);
    }
    const when = new Date(outcome.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    toast(tWith(kind === "message" ? "laterSet" : "reminderSet", when));
  }

  private setKind(kind: "message" | "reminder"): void {
    this.field("kind").value = kind;
    this.textTarget.required = kind === "message";
    const name = kind === "message" ? "forMessage" : "forReminder";
    for (const target of [this.titleTarget, this.textLabelTarget, this.submitTarget]) target.textContent = target.dataset[name] ?? "";
  }

  private field(name: string): HTMLInputElement {
    return this.formTarget.elements.namedItem(name) as HTMLInputElement;
  }
}
