import { Controller } from "@hotwired/stimulus";
import { applyLook } from "../lib/look";
import { allowNotifications, areNotificationsOn, hasSound, playSound, setNotifications, setSound } from "../lib/notifications";
import { read, write } from "../lib/preferences";
import { subscribe, unsubscribe } from "../lib/push";
import { t } from "../lib/strings";
import { toast } from "../lib/toast";
import { visit } from "../lib/visit";

/** Choices that this browser keeps: theme, size of the text, Enter key, notifications. */
export default class PreferencesController extends Controller<HTMLElement> {
  static targets = ["choice", "notify", "sound"];
  declare readonly choiceTargets: HTMLSelectElement[];
  declare readonly notifyTargets: HTMLInputElement[];
  declare readonly soundTargets: HTMLInputElement[];

  override connect(): void {
    for (const choice of this.choiceTargets) choice.value = read(choice.dataset["name"] ?? "") ?? "";
    for (const box of this.notifyTargets) box.checked = areNotificationsOn();
    for (const box of this.soundTargets) box.checked = hasSound();
  }

  choose(event: Event): void {
    const { dataset, value } = event.target as HTMLSelectElement;
    write(dataset["name"] ?? "", value || null);
    applyLook();
  }

  async notify(event: Event): Promise<void> {
    const box = event.target as HTMLInputElement;
    if (box.checked && !(await allowNotifications())) {
      box.checked = false;
      return toast(t("notifyDenied"));
    }
    setNotifications(box.checked);
    await (box.checked ? subscribe() : unsubscribe());
    // The list of browsers has changed.
    if (location.pathname === "/me") void visit("/me");
  }

  sound(event: Event): void {
    const { checked } = event.target as HTMLInputElement;
    setSound(checked);
    if (checked) playSound();
  }
}
