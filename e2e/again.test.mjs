// The house falls, the cable is cut, an answer is lost: nothing is missing and nothing is there twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gif } from "./support/pictures.mjs";
import { stage } from "./support/stage.mjs";

const s = stage();

test("after kill -9 a lasting room shows everything, and open pages come back by themselves", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.opens("오래된 방", { lasting: true });
  await jun.enters(room);
  for (const text of ["하나", "둘", "셋"]) await minji.says(text);
  await jun.says("넷");
  await minji.page.locator(".composer [type=file]").setInputFiles({ name: "추억.gif", mimeType: "image/gif", buffer: gif() });
  await minji.page.locator(".button--send").click();
  await jun.page.locator(".message:not(.is-pending) .picture").waitFor();
  const before = await jun.talk();

  await s.house.kill();
  await minji.page.locator(".bar").getByText("연결이 끊겨 다시 잇고 있어요…").waitFor();
  // Written while nobody listens: it waits, and goes out once.
  await minji.page.locator(".composer__text").fill("거기 있어?");
  await minji.page.locator(".composer__text").press("Enter");
  await minji.page.locator(".is-pending").getByText("거기 있어?").waitFor();
  await s.house.start();
  await Promise.all([minji.live(), jun.live()]);
  await Promise.all([minji.hears("거기 있어?"), jun.hears("거기 있어?")]);
  await jun.says("응, 여기");
  await minji.hears("응, 여기");
  const expected = [...before, "거기 있어?", "응, 여기"];
  assert.deepEqual(await jun.talk(), expected);
  assert.deepEqual(await minji.talk(), expected);

  // The same stands in a page that is opened anew, the picture too.
  const fresh = await jun.window();
  await fresh.goto(room);
  await jun.isIn(fresh);
  assert.deepEqual(await jun.talk(fresh), expected);
  const url = await fresh.locator(".picture").getAttribute("href");
  assert.equal((await jun.context.request.get(url)).status(), 200);
  await minji.counts(2);
});

test("what is written while the cable is cut arrives once", async () => {
  const cable = await s.cable();
  const [minji, jun] = await Promise.all([s.minji(), s.jun({}, cable.url)]);
  const room = await minji.opens("끊어진 줄", { lasting: true });
  await jun.enters(room);
  await jun.says("여보세요");
  cable.cut();
  await jun.page.locator(".bar").waitFor();
  for (const text of ["들려?", "안 들리나 봐"]) {
    await jun.page.locator(".composer__text").fill(text);
    await jun.page.locator(".composer__text").press("Enter");
  }
  assert.equal(await jun.page.locator(".is-pending").count(), 2);
  await minji.says("준이 조용하네");
  // A letter outlives the page that it was written on.
  cable.mend();
  await jun.page.reload();
  await jun.isIn();
  await minji.hears("안 들리나 봐");
  await jun.hears("안 들리나 봐");
  await jun.says("다시 왔어");
  await minji.hears("다시 왔어");
  const expected = ["여보세요", "준이 조용하네", "들려?", "안 들리나 봐", "다시 왔어"];
  for (const person of [minji, jun]) assert.deepEqual((await person.talk()).slice(-5), expected);
});

test("a message whose answer was lost goes out again and is there once", async () => {
  const cable = await s.cable();
  const [minji, jun] = await Promise.all([s.minji(), s.jun({}, cable.url)]);
  const room = await minji.opens("잃어버린 답", { lasting: true });
  await jun.enters(room);
  cable.deafen();
  await jun.page.locator(".composer__text").fill("도착했을까");
  await jun.page.locator(".composer__text").press("Enter");
  await minji.hears("도착했을까");
  assert.equal(await jun.page.locator(".is-pending").count(), 1);
  await minji.says("도착했어");
  cable.cut();
  cable.mend();
  await jun.hears("도착했어");
  await jun.hears("도착했을까");
  await jun.says("다행이다");
  await minji.hears("다행이다");
  for (const person of [minji, jun]) {
    assert.deepEqual((await person.talk()).slice(-3), ["도착했을까", "도착했어", "다행이다"]);
  }
  assert.equal(await jun.page.locator(".is-pending").count(), 0);
});
