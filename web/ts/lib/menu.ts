/** Places an open menu beside an element; on a phone the style makes it a sheet. */
export function placeMenu(menu: HTMLElement, beside: Element, side: "left" | "right"): void {
  // Its height is that of all it has.
  menu.classList.remove("is-placed");
  const from = beside.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = side === "left" ? from.left : from.right - width;
  const below = from.bottom + 6;
  const top = below + height > innerHeight - 8 ? from.top - 6 - height : below;
  menu.style.setProperty("--left", `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`);
  menu.style.setProperty("--top", `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`);
  menu.classList.add("is-placed");
}
