// Pushes: shown as the server describes them, in the form of a declarative push message.

declare const self: ServiceWorkerGlobalScope;

interface PushMessage {
  notification: { title: string; body: string; navigate: string; tag: string; icon: string; lang: string; dir: NotificationDirection };
  app_badge?: number;
}

self.addEventListener("push", (event) => event.waitUntil(show(event.data)));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { navigate } = event.notification.data as { navigate: string };
  event.waitUntil(open(navigate));
});

// The push service has given the browser another address.
self.addEventListener("pushsubscriptionchange", (event) => (event as ExtendableEvent).waitUntil(subscribeAgain()));

async function show(data: PushMessageData | null): Promise<void> {
  if (!data) return;
  const { notification, app_badge: unread } = data.json() as PushMessage;
  const badge = self.navigator as { setAppBadge?(count: number): Promise<void> };
  if (unread !== undefined) await badge.setAppBadge?.(unread).catch(() => undefined);
  // A user who is looking at a page sees the message there.
  const windows = await self.clients.matchAll({ type: "window" });
  if (windows.some((window) => window.focused)) return;
  const { title, navigate, ...options } = notification;
  await self.registration.showNotification(title, { ...options, data: { navigate } });
}

/** Shows the page in a window that is open, or in a new one. */
async function open(navigate: string): Promise<void> {
  const { href, pathname, hash } = new URL(navigate, self.location.origin);
  const [window] = await self.clients.matchAll({ type: "window" });
  if (!window) return void (await self.clients.openWindow(href));
  await window.focus();
  window.postMessage({ visit: pathname + hash });
}

async function subscribeAgain(): Promise<void> {
  const url = "/api/me/push-subscriptions";
  const answer = await fetch(url);
  if (!answer.ok) return;
  const { key } = (await answer.json()) as { key: string };
  const subscription = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(subscription) });
}

export {};
