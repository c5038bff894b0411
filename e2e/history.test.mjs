// Older messages: by link, by day, and to the first unread one; and back to the newest without a gap.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

/** A lasting room with `count` numbered messages of its owner. */
async function long(title, count) {
  const minji = await s.minji();
  const room = await minji.createRoom(title, { lasting: true });
  const api = `/api${room.replace("/room/", "/rooms/")}/messages`;
  const said = [];
  for (let n = 0; n < count; n += 1) {
    const answer = await minji.context.request.post(api, { data: { text: `줄 ${n}` }, headers: { origin: s.server.url } });
    said.push(await answer.json());
  }
  await minji.waitForMessage(`줄 ${count - 1}`);
  return { minji, room, said };
}

const lines = async (user) => (await user.messages()).filter((line) => line.startsWith("줄 "));
const isWhole = (shown) => assert.deepEqual(shown, shown.map((_, n) => `줄 ${Number(shown[0].slice(2)) + n}`), "no line is missing or doubled");

test("a link shows its message, and scrolling leads to the newest without a gap", async () => {
  const { minji, room, said } = await long("긴 이야기", 160);
  const jun = await s.jun();
  await jun.join(room);
  await jun.page.goto(`${room}?at=${said[20].seq}`);
  await jun.waitForRoom();
  await jun.page.locator(".message.is-found", { hasText: "줄 20" }).waitFor();
  assert.equal(await jun.message("줄 20").evaluate((message) => {
    const { top, bottom } = message.getBoundingClientRect();
    return top > 0 && bottom < innerHeight;
  }), true);
  isWhole(await lines(jun));
  // From there, too, a button leads to the newest (F16).
  await jun.page.locator(".latest").waitFor();

  // A live message lies beyond the loaded pages: the pill shows it, and it is not appended.
  await minji.send("줄 160");
  await jun.page.locator(".pill--end").waitFor();
  assert.equal(await jun.message("줄 160").count(), 0);
  const timeline = jun.page.locator(".timeline");
  for (let turns = 0; turns < 40 && (await jun.message("줄 160").count()) === 0; turns += 1) {
    const before = await jun.page.locator("[data-message]").count();
    await timeline.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await jun.page.waitForFunction((before) => document.querySelectorAll("[data-message]").length > before || !document.querySelector(".newer"), before);
  }
  await jun.waitForMessage("줄 160");
  await minji.send("줄 161");
  await jun.waitForMessage("줄 161");
  isWhole(await lines(jun));

  // Sending leads to the newest page.
  await jun.page.goto(`${room}?at=${said[5].seq}`);
  await jun.waitForRoom();
  await jun.page.locator(".message.is-found", { hasText: "줄 5" }).first().waitFor();
  await jun.send("줄 162");
  await jun.message("줄 161").waitFor();
  await minji.waitForMessage("줄 162");
  assert.equal(await jun.page.locator(".newer").count(), 0);
  isWhole(await lines(jun));

  // A quoted message that is not loaded is fetched.
  const api = `/api${room.replace("/room/", "/rooms/")}/messages`;
  await minji.context.request.post(api, { data: { text: "그거 말이죠", replyTo: said[1].seq }, headers: { origin: s.server.url } });
  await jun.waitForMessage("그거 말이죠");
  await jun.message("그거 말이죠").locator(".reply").click();
  await jun.page.locator(".message.is-found", { hasText: "줄 1" }).first().waitFor();
  isWhole(await lines(jun));
});

test("a day begins at the midnight of the viewer's time zone", async () => {
  const { minji } = await long("날짜", 60);
  const { page } = minji;
  const today = await page.evaluate(() => new Date().toLocaleDateString("en-CA"));
  const jump = await minji.openRoomSheet("jump");
  await jump.locator("[name=day]").fill(today);
  await jump.locator(".button--primary").click();
  await minji.message("줄 0").waitFor();
  // The messages are there before the place is scrolled to.
  await page.waitForFunction(() => {
    const { top } = document.querySelector(".day").getBoundingClientRect();
    return top >= 0 && top < 400;
  });
  isWhole(await lines(minji));
  // Without scripts a day begins at midnight UTC.
  await page.goto(`${new URL(page.url()).pathname}?day=${new Date().toISOString().slice(0, 10)}`);
  await minji.waitForRoom();
  await page.locator("[data-message]").first().waitFor();
});

test("a line marks the first unread message, and a pill leads to one further up", async () => {
  const { minji, room } = await long("돌아온 사람", 3);
  const jun = await s.jun();
  await jun.join(room);
  await jun.waitForMessage("줄 2");
  await jun.page.goto("/");
  for (let n = 3; n < 30; n += 1) await minji.send(`줄 ${n}`);
  await jun.page.goto(room);
  await jun.waitForRoom();
  const mark = jun.page.locator(".read-mark");
  await mark.getByText("여기까지 읽었어요").waitFor();
  assert.equal(await mark.evaluate((mark) => mark.nextElementSibling.querySelector("[data-field=text]").textContent.trim()), "줄 3");
  assert.ok((await mark.boundingBox()).y > 0);
  await jun.page.locator(".timeline").evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await minji.message("줄 29").locator(".unread").waitFor({ state: "hidden" });

  await jun.page.goto("/");
  const api = `/api${room.replace("/room/", "/rooms/")}/messages`;
  for (let n = 30; n < 100; n += 1) await minji.context.request.post(api, { data: { text: `줄 ${n}` }, headers: { origin: s.server.url } });
  await jun.page.goto(room);
  await jun.waitForRoom();
  await jun.page.locator(".pill--top").getByText("70개 안 읽음").click();
  await mark.waitFor();
  assert.equal(await mark.evaluate((mark) => mark.nextElementSibling.querySelector("[data-field=text]").textContent.trim()), "줄 30");
  isWhole(await lines(jun));
});
