// The browser inside KakaoTalk has no notifications, no downloads and no installed apps. A bar offers the real browser, and
// takes the user along by a one-time link.

import { parsePage } from "./fragment";
import { t } from "./strings";

const IN_APP = /KAKAOTALK/i;

export function isInApp(): boolean {
  return IN_APP.test(navigator.userAgent);
}

export function startInApp(): void {
  if (!isInApp()) return;
  addBar();
  addEventListener("visit:shown", addBar);
}

function addBar(): void {
  const bar = document.createElement("aside");
  bar.className = "in-app";
  bar.setAttribute("aria-label", t("inAppOpen"));
  const open = document.createElement("button");
  open.type = "button";
  open.className = "link";
  open.textContent = t("inAppOpen");
  open.addEventListener("click", () => void openOutside());
  const about = document.createElement("p");
  about.textContent = t("inAppAbout");
  bar.append(about, open);
  document.body.prepend(bar);
}

async function openOutside(): Promise<void> {
  const link = document.createElement("a");
  link.href = `kakaotalk://web/openExternal?url=${encodeURIComponent(await address())}`;
  document.body.append(link);
  link.click();
  link.remove();
}

/** The page that is shown, for a stranger; for a user a link that signs them in there. */
async function address(): Promise<string> {
  if (!document.body.dataset["me"]) return location.href;
  const answer = await fetch("/transfer", { method: "POST", headers: { accept: "text/html" } }).catch(() => null);
  const made = answer?.ok ? parsePage(await answer.text()).querySelector<HTMLElement>("[data-address]")?.dataset["address"] : undefined;
  return made ? `${made}?next=${encodeURIComponent(location.pathname + location.search)}` : location.href;
}
