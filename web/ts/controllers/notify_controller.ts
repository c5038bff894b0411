import { Controller } from "@hotwired/stimulus";
import { type Level, setLevel } from "../lib/notifications";
import { errorText, t } from "../lib/strings";
import { toast } from "../lib/toast";

/** How much a room notifies. */
export default class NotifyController extends Controller<HTMLFormElement> {
  static values = { room: String };
  declare readonly roomValue: string;

  async save(event: Event): Promise<void> {
    event.preventDefault();
    const level = new FormData(this.element).get("level") as Level;
    const isSaved = await setLevel(this.roomValue, level);
    if (!isSaved) return toast(errorText("unavailable"));
    this.element.closest("dialog")?.close();
    toast(t("done"));
  }
}
