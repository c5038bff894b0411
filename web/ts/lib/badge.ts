// The number of unread messages in the title of the page, and a dot on its icon.

const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
const plainIcon = icon?.getAttribute("href") ?? "";
let title = document.title;
let count = 0;

/** Changes the title of the page and keeps the name of the product behind it. */
export function setTitle(name: string): void {
  title = title.replace(/^.*(?= · )/, () => name);
  show();
}

/** Takes over the title of another page. */
export function setPageTitle(name: string): void {
  title = name;
  show();
}

export function setUnreadCount(number: number): void {
  if (number === count) return;
  count = number;
  document.body.classList.toggle("has-unread", count > 0);
  const badge = navigator as { setAppBadge?(count: number): Promise<void> };
  void badge.setAppBadge?.(count).catch(() => undefined);
  const href = count > 0 ? icon?.dataset["unread"] : plainIcon;
  if (href) icon?.setAttribute("href", href);
  show();
}

/** A number as badges show it. */
export function shortCount(number: number): string {
  return number > 99 ? "99+" : String(number);
}

function show(): void {
  document.title = count > 0 ? `(${shortCount(count)}) ${title}` : title;
}
