// Rooms beside the one that is open: what waits there, who is there, and conversations of two.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./support/stage.mjs";

const s = stage();

const row = (person, title) => person.page.locator(".mine-row", { has: person.page.getByText(title, { exact: true }) });

test("what waits elsewhere is counted live, in the list and in the window's title", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const tea = await minji.opens("차 마시는 방", { lasting: true });
  await jun.enters(tea);
  const walk = await jun.opens("걷는 방", { lasting: true });
  await minji.says("거기 날씨 어때요?");
  await row(jun, "차 마시는 방").locator("[data-field=unread]").getByText("1", { exact: true }).waitFor();
  await row(jun, "차 마시는 방").getByText("민지: 거기 날씨 어때요?").waitFor();
  await minji.says("@준 들려요?");
  await row(jun, "차 마시는 방").locator("[data-field=mentions]").waitFor();
  await jun.page.waitForFunction(() => document.title === "(2) 걷는 방 · 마당");
  assert.match(await jun.page.locator("link[rel=icon]").getAttribute("href"), /favicon-waiting/);
  assert.equal(await jun.page.locator(".mine-row [data-field=title]").first().innerText(), "차 마시는 방");

  // The lobby tells the same, and goes on telling it.
  await jun.page.goto("/");
  await row(jun, "차 마시는 방").locator("[data-field=unread]").getByText("2", { exact: true }).waitFor();
  await minji.says("답이 없네요");
  await row(jun, "차 마시는 방").locator("[data-field=unread]").getByText("3", { exact: true }).waitFor();
  await row(jun, "차 마시는 방").click();
  await jun.isIn();
  await jun.hears("답이 없네요");
  await row(jun, "차 마시는 방").locator("[data-field=unread]").waitFor({ state: "hidden" });
  assert.equal(await jun.page.title(), "차 마시는 방 · 마당");

  // Read in one window, it is read in the other.
  const second = await jun.window();
  await second.goto(walk);
  await jun.isIn(second);
  await minji.says("이제 보이죠?");
  await jun.hears("이제 보이죠?");
  await second.locator(".mine-row", { hasText: "이제 보이죠?" }).locator("[data-field=unread]").waitFor({ state: "hidden" });
});

test("two have a room of their own, which tells whether the other is there", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.opens("마당 앞", { lasting: true });
  await jun.enters(room);
  await (await jun.picks("민지")).getByText("대화하기").click();
  const direct = await jun.isIn();
  assert.equal(await jun.page.locator("h1 [data-room-target=title]").innerText(), "민지");
  assert.equal(await jun.page.title(), "민지 · 마당");
  for (const gone of ["form[action$='/leave']", "[popovertarget=settings]", ".talk__people", "[data-controller=share]"]) {
    assert.equal(await jun.page.locator(gone).count(), 0, gone);
  }
  await jun.page.locator(".talk__seen").getByText("지금 있어요").waitFor();
  // It comes into the other's list by itself, with what is said in it.
  await jun.says("잠깐 시간 있어요?");
  await row(minji, "준").getByText("잠깐 시간 있어요?").waitFor();
  await row(minji, "준").locator("[data-field=unread]").getByText("1", { exact: true }).waitFor();
  await row(minji, "준").click();
  assert.equal(await minji.isIn(), direct);
  await minji.hears("잠깐 시간 있어요?");
  await minji.says("그럼요");
  await jun.hears("그럼요");

  // Another page in front of this one is being away; none at all is being gone.
  await minji.page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await jun.page.locator(".talk__seen").getByText("자리를 비웠어요").waitFor();
  await jun.page.locator(".mine-row[data-presence=away]").waitFor();
  await minji.page.close();
  await jun.page.locator(".talk__seen").getByText("마지막 접속").waitFor();
  await jun.page.reload();
  await jun.isIn();
  await jun.page.locator(".talk__seen").getByText("마지막 접속").waitFor();
  // Nobody else has a way in.
  const sora = await s.sora();
  await sora.page.goto(direct);
  await sora.page.waitForURL(/room_not_found/);
});
