// Sheets are popovers, which open without scripts. With scripts they are modal dialogs: the focus goes in,
// stays there, and comes back.

export function startSheets(): void {
  document.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target : null;
    const button = pressed?.closest<HTMLElement>("[popovertarget]");
    const sheet = button && document.getElementById(button.getAttribute("popovertarget") ?? "");
    if (button && sheet instanceof HTMLDialogElement) {
      event.preventDefault();
      if (button.getAttribute("popovertargetaction") === "hide") sheet.close();
      else openSheet(sheet);
    } else if (pressed instanceof HTMLDialogElement && pressed.matches(".sheet[open]") && isOutside(event, pressed)) {
      pressed.close();
    }
  });
}

/** Opens a sheet, unless a listener of its `sheetopen` event prevents that. */
export function openSheet(sheet: HTMLDialogElement): void {
  // The menu that it was chosen from.
  for (const menu of document.querySelectorAll<HTMLElement>(".menu:popover-open")) menu.hidePopover();
  if (!sheet.open && sheet.dispatchEvent(new Event("sheetopen", { cancelable: true }))) sheet.showModal();
}

/** Whether a press was on the backdrop. */
function isOutside({ clientX: x, clientY: y }: MouseEvent, sheet: HTMLElement): boolean {
  const { left, right, top, bottom } = sheet.getBoundingClientRect();
  return x < left || x > right || y < top || y > bottom;
}
