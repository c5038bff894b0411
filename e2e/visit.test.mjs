// Moving between rooms and lobby without a full load, and the first paint of a room.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();
let room;
let other;

/** Fills a room with messages by the API. */
async function fill(user, path, count) {
  const id = path.split("/").at(-1);
  await user.page.evaluate(
    async ({ id, count }) => {
      for (let n = 1; n <= count; n += 1) {
        const text = n % 5 ? `${n}번째 말` : `${n}번째 말: ${"긴 이야기가 이어져요. ".repeat(8)}`;
        const answer = await fetch(`/api/rooms/${id}/messages`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text }) });
        if (!answer.ok) throw new Error(await answer.text());
      }
    },
    { id, count },
  );
}

/** Waits until something is in sight within the list. */
const inSight = (page, text) =>
  page.waitForFunction((text) => {
    const message = [...document.querySelectorAll(".message [data-field=text]")].find((one) => one.textContent.trim() === text);
    const list = document.querySelector(".timeline")?.getBoundingClientRect();
    const box = message?.getBoundingClientRect();
    return list && box && box.top >= list.top - 1 && box.bottom <= list.bottom + 1;
  }, text);

// F16, F30
test("rooms and lobby are visited without a load, and Back finds the place again", async () => {
  const minji = await s.minji();
  other = await minji.createRoom("다른 방", { lasting: true });
  room = await minji.createRoom("긴 방", { lasting: true });
  const { page } = minji;
  await fill(minji, room, 120);
  await page.reload();
  await minji.waitForRoom();
  await inSight(page, "119번째 말");
  await page.evaluate(() => (globalThis.isSamePage = true));
  // Scrolled up, a button leads to the end.
  assert.equal(await page.locator(".latest").isVisible(), false);
  await page.locator(".timeline").evaluate((list) => (list.scrollTop = -2600));
  await page.locator(".latest").waitFor();
  const place = () => page.evaluate(() => history.state?.place?.seq ?? 0);
  await page.waitForFunction(() => history.state?.place?.seq > 0);
  const seq = await place();

  await page.locator(".my-room", { hasText: "다른 방" }).click();
  await page.waitForURL(`**${other}`);
  await minji.waitUntilLive();
  assert.equal(await page.locator("h1 [data-room-target=title]").textContent(), "다른 방");
  assert.match(await page.title(), /다른 방/);
  await minji.send("여기도 이야기해요");
  await page.locator(".side--rooms .wordmark").click();
  await page.locator(".lobby").waitFor();
  await page.goBack();
  await page.waitForURL(`**${other}`);
  await minji.waitUntilLive();
  await minji.waitForMessage("여기도 이야기해요");
  await page.goBack();
  await page.waitForURL(`**${room}`);
  await minji.waitUntilLive();
  await page.waitForFunction((seq) => {
    const top = document.querySelector(".timeline").getBoundingClientRect().top;
    const box = document.getElementById(`m-${seq}`)?.getBoundingClientRect();
    return box && Math.abs(box.top - top) < 200;
  }, seq);
  await page.locator(".latest").click();
  await inSight(page, "119번째 말");
  assert.equal(await page.evaluate(() => globalThis.isSamePage), true, "no page was loaded");
});

test("who moves to another room is online there alone", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const first = await minji.createRoom("첫 방", { lasting: true });
  const second = await minji.createRoom("둘째 방", { lasting: true });
  await jun.join(first);
  await minji.page.goto(first);
  await minji.waitForRoom();
  await minji.waitForOnlineCount(2);
  await jun.page.locator(".row", { hasText: "둘째 방" }).click();
  await jun.page.waitForURL(`**${second}`);
  await jun.waitUntilLive();
  await minji.waitForOnlineCount(1);
  await jun.page.locator(".my-room", { hasText: "첫 방" }).click();
  await jun.page.waitForURL(`**${first}`);
  await jun.waitUntilLive();
  await minji.waitForOnlineCount(2);
  await minji.send("다시 왔네요");
  await jun.waitForMessage("다시 왔네요");
});

for (const [name, viewport] of [["desktop", { width: 1280, height: 800 }], ["phone", { width: 390, height: 844 }]]) {
  // F17
  test(`the first paint of a room is the right one, and nothing moves: ${name}`, async () => {
    const minji = await s.minji({ viewport });
    const path = await minji.createRoom("첫 그림", { lasting: true });
    await fill(minji, path, 60);
    const { page } = minji;
    for (const times of [1, 2]) {
      await page.goto(path);
      await minji.waitForRoom();
      await inSight(page, "59번째 말");
      const moved = await page.evaluate(
        () =>
          new Promise((resolve) => {
            let sum = 0;
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
            }).observe({ type: "layout-shift", buffered: true });
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
          }),
      );
      assert.ok(moved <= 0.02, `load ${times}: a layout shift of ${moved}`);
    }
    // Without scripts, too, the end is in sight, and own messages are on their side.
    const plain = await s.user("민지", { viewport, javaScriptEnabled: false, storageState: await minji.context.storageState() });
    await plain.page.goto(path);
    const last = plain.page.locator(".message").last();
    assert.match(await last.getAttribute("class"), /\bmine\b/);
    const box = await last.boundingBox();
    assert.ok(box.y > 0 && box.y + box.height <= viewport.height, JSON.stringify(box));
    assert.equal(await plain.page.locator(".message.joins").first().count(), 1);
    assert.match(await plain.page.locator(".message__time").last().innerText(), /^(오전|오후) \d+:\d\d$/);
  });
}

// F18
test("a long way up, the list stays short and every message is there", async () => {
  const minji = await s.minji();
  const path = await minji.createRoom("아주 긴 방", { lasting: true });
  await fill(minji, path, 420);
  const { page } = minji;
  await page.goto(path);
  await minji.waitForRoom();
  const count = () => page.locator("[data-message]").count();
  while (!(await page.locator("#m-1").count())) {
    const before = await page.locator("[data-message]").first().getAttribute("id");
    await page.locator(".timeline").evaluate((list) => (list.scrollTop = -list.scrollHeight));
    await page.waitForFunction((before) => document.querySelector("[data-message]")?.id !== before, before);
    assert.ok((await count()) <= 350, String(await count()));
  }
  assert.ok((await count()) <= 350);
  // A tab in the background paints nothing, and connects all the same.
  const behind = await minji.newPage();
  await behind.addInitScript(() => (globalThis.requestAnimationFrame = () => 0));
  await behind.goto(path);
  await minji.waitUntilLive(behind);
  await behind.close();
  // And down again, without a hole.
  while (await page.locator(".newer").count()) {
    const before = await page.locator("[data-message]").last().getAttribute("id");
    await page.locator(".timeline").evaluate((list) => (list.scrollTop = 0));
    await page.waitForFunction((before) => [...document.querySelectorAll("[data-message]")].at(-1)?.id !== before, before);
    const seqs = await page.locator("[data-message]").evaluateAll((all) => all.map((one) => Number(one.dataset.seq)));
    assert.ok(seqs.every((seq, at) => at === 0 || seq === seqs[at - 1] + 1), String(seqs));
  }
  await minji.waitForMessage("419번째 말");
});

// F18: messages that come below
test("who reads further up keeps their place while many messages come, and the list stays short", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const path = await minji.createRoom("위쪽", { lasting: true });
  await fill(minji, path, 60);
  await jun.join(path);
  const { page } = minji;
  await page.goto(path);
  await minji.waitForRoom();
  await page.locator(".timeline").evaluate((list) => (list.scrollTop = -900));
  await page.locator(".latest").waitFor();
  const place = () => page.locator("#m-42").evaluate((message) => Math.round(message.getBoundingClientRect().top));
  const before = await place();
  await fill(jun, path, 380);
  await page.locator(".pill--end").waitFor();
  assert.ok(Math.abs((await place()) - before) <= 2, `from ${before} to ${await place()}`);
  assert.ok((await page.locator("[data-message]").count()) <= 350, String(await page.locator("[data-message]").count()));
  await page.locator(".pill--end").click();
  await inSight(page, "379번째 말");
});
