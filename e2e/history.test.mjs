// Back into what was said: by a link, by a day, to the first unread; and down again to now without a gap.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./support/stage.mjs";

const s = stage();

/** A lasting room in which `count` lines were said by its opener, from 0. */
async function long(title, count) {
  const minji = await s.minji();
  const room = await minji.opens(title, { lasting: true });
  const api = `/api${room.replace("/room/", "/rooms/")}/messages`;
  const said = [];
  for (let n = 0; n < count; n += 1) {
    const answer = await minji.context.request.post(api, { data: { text: `줄 ${n}` }, headers: { origin: s.house.url } });
    said.push(await answer.json());
  }
  await minji.hears(`줄 ${count - 1}`);
  return { minji, room, said };
}

const lines = async (person) => (await person.talk()).filter((line) => line.startsWith("줄 "));
const isWhole = (shown) => assert.deepEqual(shown, shown.map((_, n) => `줄 ${Number(shown[0].slice(2)) + n}`), "no line is missing or doubled");

test("a link leads to its message, and from there down to the newest without a gap", async () => {
  const { minji, room, said } = await long("긴 이야기", 160);
  const jun = await s.jun();
  await jun.enters(room);
  await jun.page.goto(`${room}?at=${said[20].seq}`);
  await jun.isIn();
  await jun.page.locator(".message.is-found", { hasText: "줄 20" }).waitFor();
  assert.equal(await jun.message("줄 20").evaluate((message) => {
    const { top, bottom } = message.getBoundingClientRect();
    return top > 0 && bottom < innerHeight;
  }), true);
  isWhole(await lines(jun));

  // What comes live meanwhile lies beyond the gap: the pill tells of it, and it is not put behind.
  await minji.says("줄 160");
  await jun.page.locator(".pill--end").waitFor();
  assert.equal(await jun.message("줄 160").count(), 0);
  const timeline = jun.page.locator(".timeline");
  for (let turns = 0; turns < 40 && (await jun.message("줄 160").count()) === 0; turns += 1) {
    const before = await jun.page.locator("[data-message]").count();
    await timeline.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await jun.page.waitForFunction((before) => document.querySelectorAll("[data-message]").length > before || !document.querySelector(".newer"), before);
  }
  await jun.hears("줄 160");
  await minji.says("줄 161");
  await jun.hears("줄 161");
  isWhole(await lines(jun));

  // The pill leads to the newest page at once, and so does writing.
  await jun.page.goto(`${room}?at=${said[5].seq}`);
  await jun.isIn();
  await jun.page.locator(".message.is-found", { hasText: "줄 5" }).first().waitFor();
  await jun.says("줄 162");
  await jun.message("줄 161").waitFor();
  await minji.hears("줄 162");
  assert.equal(await jun.page.locator(".newer").count(), 0);
  isWhole(await lines(jun));

  // A quote of something far away is fetched.
  const api = `/api${room.replace("/room/", "/rooms/")}/messages`;
  await minji.context.request.post(api, { data: { text: "그거 말이죠", replyTo: said[1].seq }, headers: { origin: s.house.url } });
  await jun.hears("그거 말이죠");
  await jun.message("그거 말이죠").locator(".reply").click();
  await jun.page.locator(".message.is-found", { hasText: "줄 1" }).first().waitFor();
  isWhole(await lines(jun));
});

test("a day is looked up by the reader's own midnight", async () => {
  const { minji } = await long("날짜", 60);
  const { page } = minji;
  const today = await page.evaluate(() => new Date().toLocaleDateString("en-CA"));
  await page.locator("[popovertarget=room-menu]").click();
  await page.locator("#room-menu [name=day]").fill(today);
  await page.locator("#room-menu .button--primary").click();
  await minji.message("줄 0").waitFor();
  const top = await page.locator(".day").first().evaluate((day) => day.getBoundingClientRect().top);
  assert.ok(top >= 0 && top < 400, `the day begins at ${top}`);
  isWhole(await lines(minji));
  await page.goto(`${new URL(page.url()).pathname}?day=${today}`);
  await minji.isIn();
  await page.locator("[data-message]").first().waitFor();
});

test("who comes back sees where they had read to, and a pill where that is further up", async () => {
  const { minji, room } = await long("돌아온 사람", 3);
  const jun = await s.jun();
  await jun.enters(room);
  await jun.hears("줄 2");
  await jun.page.goto("/");
  for (let n = 3; n < 30; n += 1) await minji.says(`줄 ${n}`);
  await jun.page.goto(room);
  await jun.isIn();
  const mark = jun.page.locator(".read-mark");
  await mark.getByText("여기까지 읽었어요").waitFor();
  assert.equal(await mark.evaluate((mark) => mark.nextElementSibling.querySelector("[data-field=text]").textContent.trim()), "줄 3");
  assert.ok((await mark.boundingBox()).y > 0);
  await jun.page.locator(".timeline").evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await minji.message("줄 29").locator(".unread").waitFor({ state: "hidden" });

  await jun.page.goto("/");
  const api = `/api${room.replace("/room/", "/rooms/")}/messages`;
  for (let n = 30; n < 100; n += 1) await minji.context.request.post(api, { data: { text: `줄 ${n}` }, headers: { origin: s.house.url } });
  await jun.page.goto(room);
  await jun.isIn();
  await jun.page.locator(".pill--top").getByText("70개 안 읽음").click();
  await mark.waitFor();
  assert.equal(await mark.evaluate((mark) => mark.nextElementSibling.querySelector("[data-field=text]").textContent.trim()), "줄 30");
  isWhole(await lines(jun));
});
