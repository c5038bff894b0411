// What waits, told by the window itself: a number before its title, a dot on its sign.

const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
const calm = icon?.getAttribute("href") ?? "";
let title = document.title;
let count = 0;

/** Gives the page another name, keeping the name of the house behind it. */
export function retitle(name: string): void {
  title = title.replace(/^.*(?= · )/, () => name);
  show();
}

export function waiting(number: number): void {
  if (number === count) return;
  count = number;
  document.body.classList.toggle("has-waiting", count > 0);
  const href = count > 0 ? icon?.dataset["waiting"] : calm;
  if (href) icon?.setAttribute("href", href);
  show();
}

/** A number as badges say it. */
export function short(number: number): string {
  return number > 99 ? "99+" : String(number);
}

function show(): void {
  document.title = count > 0 ? `(${short(count)}) ${title}` : title;
}
