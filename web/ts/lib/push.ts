// Pushes: notifications of the service worker while no page is open. The subscription is stored with the session on the
// server.

import { areNotificationsOn } from "./notifications";
import { read, write } from "./preferences";
import { visit } from "./visit";

/** The id of the subscription on the server, and when it was stored there. */
const ID = "madang.push";
const STORED = "madang.push.at";
/** A subscription is stored again after so long, as push services change endpoints. */
const STORE_INTERVAL_MS = 24 * 3_600_000;
const URL = "/api/me/push-subscriptions";

export function startPush(): void {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<{ visit?: string }>) => {
    if (data.visit) void visit(data.visit);
  });
  const age = Date.now() - Number(read(STORED) ?? 0);
  if (areNotificationsOn() && document.body.dataset["me"] && age > STORE_INTERVAL_MS) void subscribe();
}

/** Subscribes this browser. Returns whether the server will push to it. */
export async function subscribe(): Promise<boolean> {
  const registration = await worker();
  if (!registration) return false;
  try {
    const { key } = (await (await fetch(URL)).json()) as { key: string };
    const subscription = await subscriptionWith(registration, key);
    const answer = await fetch(URL, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(subscription) });
    if (!answer.ok) return false;
    write(ID, ((await answer.json()) as { id: string }).id);
    write(STORED, String(Date.now()));
    return true;
  } catch {
    // Without a push service notifications still come while a page is open.
    return false;
  }
}

/** Ends the subscription of this browser. */
export async function unsubscribe(): Promise<void> {
  const id = read(ID);
  write(ID, null);
  write(STORED, null);
  const subscription = await (await worker())?.pushManager.getSubscription();
  await subscription?.unsubscribe().catch(() => false);
  if (id) await fetch(`${URL}/${id}`, { method: "DELETE" }).catch(() => null);
}

/** Takes back the notifications of a room that is being read. */
export async function closeNotifications(room: string): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of (await registration?.getNotifications({ tag: `madang-${room}` })) ?? []) shown.close();
}

async function worker(): Promise<ServiceWorkerRegistration | undefined> {
  const registration = await navigator.serviceWorker?.getRegistration();
  return registration && "pushManager" in registration ? navigator.serviceWorker.ready : undefined;
}

/** Returns the browser's subscription for this server, and a new one in place of one for an earlier key. */
async function subscriptionWith(registration: ServiceWorkerRegistration, key: string): Promise<PushSubscription> {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await registration.pushManager.subscribe(options);
  } catch (error) {
    const earlier = await registration.pushManager.getSubscription();
    if (!earlier) throw error;
    await earlier.unsubscribe();
    return registration.pushManager.subscribe(options);
  }
}
