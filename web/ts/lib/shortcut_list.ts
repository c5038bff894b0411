import { openSheet } from "./sheet";
import { t } from "./strings";

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

/** Shows the list of shortcuts. */
export function showShortcuts(): void {
  const control = isApple ? "⌘" : "Ctrl";
  const keys: [string, string][] = [
    [`${control} K`, t("switcher")],
    [isApple ? "⌥ ↑ ↓" : "Alt ↑ ↓", t("shortcutRooms")],
    [isApple ? "⌥ ⇧ ↑ ↓" : "Alt Shift ↑ ↓", t("shortcutUnread")],
    ["↑", t("shortcutEdit")],
    [`${control} Enter`, t("shortcutSend")],
    ["Shift Enter", t("shortcutBreak")],
    ["Esc", t("shortcutEscape")],
    ["?", t("shortcuts")],
  ];
  const sheet = document.createElement("dialog");
  sheet.className = "sheet sheet--small shortcuts";
  const title = document.createElement("h2");
  title.id = "shortcuts-title";
  title.textContent = t("shortcuts");
  sheet.setAttribute("aria-labelledby", title.id);
  const list = document.createElement("dl");
  for (const [key, meaning] of keys) {
    const row = document.createElement("div");
    const name = document.createElement("dt");
    const what = document.createElement("dd");
    for (const part of key.split(" ")) {
      const one = document.createElement("kbd");
      one.textContent = part;
      name.append(one, " ");
    }
    what.textContent = meaning;
    row.append(name, what);
    list.append(row);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button";
  close.textContent = t("close");
  close.addEventListener("click", () => sheet.close());
  sheet.append(title, list, close);
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  openSheet(sheet);
}
