// Pushes: notifications of the service worker while no page is open. The subscription is stored with the session on the
// server.

import { areNotificationsOn, setNotifications } from "./notifications";
import { read, write } from "./preferences";
import { visit } from "./visit";

/** The id of the subscription on the server, and whether its pushes hide their text. */
const ID = "madang.push";
const HIDES = "madang.push.hides";
/** In this tab the subscription was stored already, for this user. */
const STORED = "madang.push.stored";
const URL = "/api/me/push-subscriptions";

interface Stored {
  key: string;
  subscriptions: { id: string; hidesText: boolean }[];
}

export function startPush(): void {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<{ visit?: string }>) => {
    if (data.visit) void visit(data.visit);
  });
  void renew(document.body.dataset["me"] ?? "");
}

/** Stores the subscription again at the start of the app, as push services change endpoints and sessions end. */
async function renew(me: string): Promise<void> {
  // The subscription has ended with the session.
  if (!me) {
    write(ID, null);
    return sessionStorage.removeItem(STORED);
  }
  if (!areNotificationsOn() || sessionStorage.getItem(STORED) === me) return;
  const answer = await fetch(URL).catch(() => null);
  if (!answer?.ok) return;
  const { subscriptions } = (await answer.json()) as Stored;
  const id = read(ID);
  const mine = subscriptions.find((one) => one.id === id);
  if (mine) write(HIDES, mine.hidesText ? "on" : null);
  // It was stopped on another device.
  if (id && !mine) {
    setNotifications(false);
    return unsubscribe();
  }
  if (await subscribe()) sessionStorage.setItem(STORED, me);
}

/** Subscribes this browser. Returns whether the server will push to it. */
export async function subscribe(): Promise<boolean> {
  const registration = await worker();
  if (!registration) return false;
  try {
    const { key } = (await (await fetch(URL)).json()) as Stored;
    const subscription = (await subscriptionWith(registration, key)).toJSON();
    const body = JSON.stringify({ ...subscription, hidesText: read(HIDES) === "on" });
    const answer = await fetch(URL, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (!answer.ok) return false;
    write(ID, ((await answer.json()) as { id: string }).id);
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
  sessionStorage.removeItem(STORED);
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
