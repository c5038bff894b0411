import { t } from "./strings";
import { toast } from "./toast";

/** Copies a text and says so. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied"));
  } catch {
    // Without HTTPS there is no clipboard: show the text instead.
    toast(text);
  }
}
