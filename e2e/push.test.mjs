// Web Push from the settings page to a notification of the service worker. A headless browser reaches no push service, so
// its PushManager is replaced by one of the test, and the browser's own tools hand the worker what the server would push.
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { setup, test, until } from "./support/setup.mjs";

const s = setup(undefined, { isWhole: true });

/** A subscription as a browser makes one, at a push service that the server must not reach. */
async function subscription() {
  const keys = await webcrypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const p256dh = Buffer.from(await webcrypto.subtle.exportKey("raw", keys.publicKey)).toString("base64url");
  const auth = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString("base64url");
  return { endpoint: "https://nowhere.invalid/push", expirationTime: null, keys: { p256dh, auth } };
}

/** Returns a function that hands a push to the service worker. */
async function deliverer(page) {
  const client = await page.context().newCDPSession(page);
  const registered = new Promise((resolve) => {
    client.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => registrations.length && resolve(registrations[0].registrationId));
  });
  await client.send("ServiceWorker.enable");
  const origin = s.server.url;
  return async (message) => client.send("ServiceWorker.deliverPushMessage", { origin, registrationId: await registered, data: JSON.stringify(message) });
}

const shown = (page) => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body, tag }) => ({ title, body, tag })));

test("a browser subscribes in the settings, and its worker shows what is pushed until the room is read", async () => {
  const minji = await s.minji({ serviceWorkers: "allow", permissions: ["notifications"] });
  const { page } = minji;
  await page.addInitScript((made) => {
    const current = () => sessionStorage.getItem("subscribed") && { toJSON: () => made, unsubscribe: async () => (sessionStorage.clear(), true) };
    PushManager.prototype.subscribe = async () => (sessionStorage.setItem("subscribed", "yes"), current());
    PushManager.prototype.getSubscription = async () => current();
  }, await subscription());
  const room = await minji.createRoom("푸시 방", { lasting: true });
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.goto("/me");
  await page.getByLabel("이 브라우저에서 알림 받기").check();
  const device = page.locator("section", { has: page.locator("#push") }).locator(".self__item");
  await device.getByText("지금 이 브라우저").waitFor();
  await device.getByLabel("내용 숨기기").check();
  await page.waitForURL(/done=saved/);
  assert.ok(await device.getByLabel("내용 숨기기").isChecked());
  // The guard lets nobody push into the server's network. The list says why it failed.
  await device.getByRole("button", { name: "시험해 보기" }).click();
  await page.getByText("the host is not public").waitFor();

  const tag = `madang-${room.split("/").pop()}`;
  const message = { web_push: 8030, notification: { title: "푸시 방", body: "준: 안녕", navigate: room, tag, lang: "ko", dir: "auto" }, app_badge: 2 };
  const other = await page.context().newPage();
  const push = await deliverer(page);
  // Nobody looks at a page of the server.
  await page.goto("about:blank");
  await push(message);
  await other.goto(`${s.server.url}/offline`);
  await until(other, async () => (await (await navigator.serviceWorker.ready).getNotifications()).length === 1);
  assert.deepEqual(await shown(other), [{ title: "푸시 방", body: "준: 안녕", tag }]);
  // Reading the room anywhere in this browser takes it back.
  const jun = await s.jun();
  await jun.join(room);
  await page.goto(new URL(room, s.server.url).href);
  await minji.waitForRoom();
  await jun.send("안녕");
  await minji.waitForMessage("안녕");
  await until(other, async () => (await (await navigator.serviceWorker.ready).getNotifications()).length === 0);

  await page.goto(`${s.server.url}/me`);
  await page.getByRole("button", { name: "그만 받기" }).click();
  await page.getByText("아직 없어요").waitFor();
});
