// The service worker: pages without a network, what other apps share, and how it is switched off.
import assert from "node:assert/strict";
import { setup, test, until } from "./support/setup.mjs";

const s = setup();
const withWorker = { serviceWorkers: "allow" };

/** Waits until the worker serves the page. */
const controlled = (page) => page.waitForFunction(() => navigator.serviceWorker.controller !== null);
/** Waits until a page is kept with a text in it. */
const kept = (page, path, text) =>
  until(page, async ({ path, text }) => (await (await (await caches.open("pages")).match(path))?.text())?.includes(text) ?? false, { path, text });

test("rooms that were read open without a network, and only for the user who read them", async () => {
  const proxy = await s.proxy();
  const minji = await s.minji(withWorker, proxy.url);
  const { page } = minji;
  const room = await minji.createRoom("지하철 방", { lasting: true });
  await minji.send("터널 전에 한 말");
  await controlled(page);
  await page.goto(room);
  await minji.waitForRoom();
  await kept(page, room, "터널 전에 한 말");
  // What was said since is kept when one leaves the room.
  await minji.send("나중에 한 말");
  await page.locator(".side--rooms .wordmark").click();
  await page.locator(".lobby").waitFor();
  await kept(page, room, "나중에 한 말");
  await kept(page, "/", "지하철 방");

  proxy.disconnect();
  await page.goto(room);
  await minji.waitForMessage("나중에 한 말");
  assert.equal(await page.locator(".room.is-live").count(), 0);
  await page.locator(".bar:not([hidden])").waitFor();
  // What is written now waits, and the lobby and other pages say what they can.
  await page.locator(".composer__text").fill("터널에서 쓴 말");
  await page.locator(".composer__text").press("Enter");
  await page.goto("/");
  await page.locator(".my-room", { hasText: "지하철 방" }).waitFor();
  await page.goto("/people");
  await page.getByRole("heading", { name: "인터넷 연결이 끊겼어요" }).waitFor();
  proxy.restore();
  await page.getByRole("link", { name: "다시 시도" }).click();
  await page.locator("h1", { hasText: "사람 찾기" }).waitFor();
  await page.goto(room);
  await minji.waitForRoom();
  await minji.waitForMessage("터널에서 쓴 말");

  // A room that refuses is forgotten, and of very many the last are kept, with the assets that they name.
  await page.evaluate(async () => {
    const pages = await caches.open("pages");
    await pages.put("/room/gone", new Response("gone"));
    for (let n = 0; n < 40; n += 1) await pages.put(`/room/${n}`, new Response('<script src="/assets/app.old.js">'));
    for (const name of ["assets-older", "assets-old"]) await caches.open(name);
    await (await caches.open("assets-older")).put("/assets/app.old.js", new Response("old"));
    await (await caches.open("assets-older")).put("/assets/other.old.js", new Response("old"));
  });
  await page.goto("/room/gone");
  await page.goto(room);
  await minji.waitForRoom();
  await until(page, async (room) => {
    const paths = (await (await caches.open("pages")).keys()).map(({ url }) => new URL(url).pathname);
    return paths.length === 31 && paths.includes("/owner") && paths.includes(room) && !paths.includes("/room/gone");
  }, room);
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).unregister());
  await page.goto(room);
  await controlled(page);
  await until(page, async () => !(await caches.has("assets-older")));
  assert.deepEqual(await page.evaluate(async () => [await caches.has("assets-old"), Boolean(await caches.match("/assets/app.old.js")), Boolean(await caches.match("/assets/other.old.js"))]), [true, true, false]);

  // The end of a session forgets the pages, and so does logging out.
  await kept(page, room, "터널에서 쓴 말");
  const cookies = await minji.context.cookies();
  await minji.context.clearCookies();
  await page.goto("/login?done=ended");
  await until(page, async (room) => !(await (await caches.open("pages")).match(room)), room);
  await minji.context.addCookies(cookies);
  await page.goto(room);
  await kept(page, room, "터널에서 쓴 말");
  await page.goto("/me");
  await page.locator('form[action="/logout"] button').click();
  await page.waitForURL((url) => url.pathname === "/");
  await until(page, async (room) => !(await (await caches.open("pages")).match(room)), room);
  proxy.disconnect();
  await page.goto(room);
  await page.getByRole("heading", { name: "인터넷 연결이 끊겼어요" }).waitFor();
});

test("what another app shares waits for a room, and the app can be installed", async () => {
  const minji = await s.minji(withWorker);
  const { page } = minji;
  const room = await minji.createRoom("나눔 방", { lasting: true });
  await controlled(page);
  await page.goto("/");
  const manifest = await page.evaluate(async () => (await fetch(document.querySelector("link[rel=manifest]").href)).json());
  assert.equal(manifest.name, "마당");
  for (const { src } of manifest.icons) assert.equal((await page.request.get(src)).headers()["content-type"], "image/png");
  const line = await minji.context.newCDPSession(page);
  const { installabilityErrors } = await line.send("Page.getInstallabilityErrors");
  // A test's profile keeps nothing, as in a private window.
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"), []);

  await page.evaluate(({ action, enctype, params }) => {
    const form = document.createElement("form");
    Object.assign(form, { action, enctype, method: "POST" });
    const files = new DataTransfer();
    files.items.add(new File(["장보기"], "목록.txt", { type: "text/plain" }));
    for (const [name, value] of [[params.title, "장보기"], [params.url, "https://example.org/list"]]) {
      form.append(Object.assign(document.createElement("input"), { name, value }));
    }
    form.append(Object.assign(document.createElement("input"), { type: "file", name: params.files[0].name, files: files.files }));
    document.body.append(form);
    form.submit();
  }, manifest.share_target);
  await page.locator("[data-controller=shared]", { hasText: "장보기" }).waitFor();
  await page.locator(".my-room", { hasText: "나눔 방" }).click();
  await minji.waitForRoom();
  await page.locator(".upload-item", { hasText: "목록.txt" }).waitFor();
  assert.equal(await page.locator(".composer__text").inputValue(), "장보기\nhttps://example.org/list");
  await page.locator(".button--send").click();
  await page.locator(".message:not(.is-pending)", { hasText: "목록.txt" }).waitFor();
  // It came once, and what another user of this browser shared is dropped.
  const shared = (put) =>
    page.evaluate(async (put) => {
      const opened = await new Promise((resolve) => (indexedDB.open("madang").onsuccess = ({ target }) => resolve(target.result)));
      const drafts = opened.transaction("drafts", "readwrite").objectStore("drafts");
      const request = put ? drafts.put({ text: put, files: [], at: Date.now(), me: "another" }, "shared") : drafts.get("shared");
      return new Promise((resolve) => (request.onsuccess = () => resolve(request.result?.text)));
    }, put);
  assert.equal(await shared(), undefined);
  await shared("다른 사람의 것");
  await page.goto("/");
  await page.waitForFunction(() => document.documentElement.matches(".has-js"));
  for (let tries = 0; tries < 200 && (await shared()); tries += 1) await page.reload();
  assert.equal(await shared(), undefined);
  assert.equal(await page.locator("[data-controller=shared]").isVisible(), false);

  // The kill switch.
  await s.server.kill();
  await s.server.start({ SERVICE_WORKER: "off" });
  await page.goto(room);
  await until(page, async () => {
    await (await navigator.serviceWorker.getRegistration())?.update();
    return (await navigator.serviceWorker.getRegistrations()).length === 0 && (await caches.keys()).length === 0;
  });
  await page.goto(room);
  await minji.waitForRoom();
  await minji.send("그래도 되네요");
});
