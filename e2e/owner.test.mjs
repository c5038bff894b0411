// What an owner may do, what a whisper is, and how a room ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./support/stage.mjs";

const s = stage();

/** The three in a room that Minji opened. */
async function together(title, options) {
  const [minji, jun, sora] = await Promise.all([s.minji(), s.jun(), s.sora()]);
  const room = await minji.opens(title, options);
  await jun.enters(room);
  await sora.enters(room);
  await Promise.all([minji, jun].map((person) => person.member("소라").waitFor()));
  return { minji, jun, sora, room };
}

test("a whisper reaches only one", async () => {
  const { minji, jun, sora, room } = await together("귓속말");
  const acts = await minji.picks("준");
  await acts.getByText("귓속말").click();
  await minji.page.locator(".composer__whisper").getByText("준").waitFor();
  await minji.says("너만 들어");
  await jun.hears("너만 들어");
  await jun.message("너만 들어").getByText("준님에게 귓속말").waitFor();
  await minji.page.locator(".composer__text").press("Escape");
  await minji.says("모두 들어");
  await sora.hears("모두 들어");
  assert.equal(await sora.message("너만 들어").count(), 0);
  // Nor is it in what Sora gets later.
  const page = await sora.context.request.get(room);
  assert.match(await page.text(), /모두 들어/);
  assert.doesNotMatch(await page.text(), /너만 들어/);
});

test("kick and ban (Z6)", async () => {
  const { minji, jun, sora, room } = await together("질서");
  assert.equal(await (await jun.picks("소라")).getByText("내보내기").isVisible(), false, "members have no such buttons");

  await (await minji.picks("준")).getByText("내보내기").click();
  await jun.page.locator(".bar").getByText("방에서 내보내졌어요.").waitFor();
  await Promise.all([minji, sora].map((person) => person.reads("민지님이 준님을 내보내셨습니다.")));
  await minji.counts(2);
  await jun.page.waitForURL((url) => url.pathname === "/");
  await jun.enters(room);
  await minji.counts(3);

  await (await minji.picks("준")).getByText("다시 못 오게 막기").click();
  await sora.reads("민지님이 준님을 다시 못 오게 막으셨습니다.");
  await jun.page.waitForURL((url) => url.pathname === "/");
  await jun.knocks(room);
  assert.equal(await jun.notice(), "이 방에는 들어갈 수 없습니다.");
});

test("a room is handed over by hand, and goes to the longest present when its owner leaves", async () => {
  const { minji, jun, sora } = await together("이어달리기");
  await (await minji.picks("준")).getByText("방장 넘기기").click();
  await sora.reads("민지님이 준님께 방장을 넘기셨습니다.");
  // Who gets or gives the powers gets the page that has or lacks their buttons.
  await jun.page.locator(".talk__head [popovertarget=settings]").waitFor();
  await minji.page.locator(".talk__head [popovertarget=settings]").waitFor({ state: "detached" });
  await sora.member("준").and(sora.page.locator("[data-role=owner]")).waitFor();
  assert.equal(await sora.member("민지").getAttribute("data-role"), "member");

  await jun.live();
  await jun.leaves();
  await sora.reads("준님이 민지님께 방장을 넘기셨습니다.");
  await minji.page.locator(".talk__head [popovertarget=settings]").waitFor();
  await sora.member("민지").and(sora.page.locator("[data-role=owner]")).waitFor();
});

test("a new name is seen by all, in what was said too, and new settings by the room and the lobby", async () => {
  const { minji, jun, sora, room } = await together("옛 이름");
  await jun.says("나 준이야");
  await sora.hears("나 준이야");
  await jun.page.locator(".side--rooms .chip").click();
  await jun.page.locator("#rename [name=name]").fill("푸른 준");
  await jun.page.locator("#rename .button--primary").click();
  await jun.isIn();
  await sora.member("푸른 준").waitFor();
  await sora.message("나 준이야").getByText("푸른 준").waitFor();

  const lobby = await sora.window();
  await lobby.goto("/");
  const row = lobby.locator(`.row[data-room-id="${room.split("/").at(-1)}"]`);
  await row.getByText("옛 이름").waitFor();
  await minji.page.locator(".talk__head [popovertarget=settings]").click();
  const form = minji.page.locator("#settings form").first();
  await form.locator("[name=title]").fill("새 이름");
  await form.locator("[name=max]").fill("5");
  await form.locator("[name=password]").fill("비밀");
  await form.locator(".button--primary").click();
  await minji.isIn();
  await sora.reads("민지님이 방 이름을 ‘새 이름’으로 바꾸셨습니다.");
  await sora.page.locator("h1").getByText("새 이름").waitFor();
  await sora.page.locator(".talk__lock").waitFor();
  assert.equal(await sora.page.title(), "새 이름 · 마당");
  await row.getByText("새 이름").waitFor();
  await row.locator("[data-field=locked]").waitFor();
  await row.locator("[data-field=max]").getByText("5", { exact: true }).waitFor();
});

test("an ephemeral room is gone from an open lobby when the last has left", async () => {
  const { minji, jun, sora, room } = await together("잠깐만");
  const lobby = await jun.window();
  await lobby.goto("/");
  const row = lobby.locator(".row", { hasText: "잠깐만" });
  await row.locator("[data-field=online]").getByText("3", { exact: true }).waitFor();
  await jun.leaves();
  await sora.leaves();
  await row.locator("[data-field=online]").getByText("1", { exact: true }).waitFor();
  await minji.leaves();
  await row.waitFor({ state: "detached" });
  await jun.page.goto(room);
  assert.equal(await jun.notice(), "존재하지 않는 방입니다.");
});

test("an owner removes the room, and everybody is told and brought to the lobby (Z14)", async () => {
  const { minji, jun, sora } = await together("끝", { lasting: true });
  await minji.page.locator(".talk__head [popovertarget=settings]").click();
  await minji.page.locator("#settings summary").getByText("방 없애기").click();
  await minji.page.locator(".form--danger [type=checkbox]").check();
  await minji.page.locator(".form--danger .button--danger").click();
  const thrownOut = async (person) => {
    await person.page.locator(".bar").getByText("방이 없어졌어요.").waitFor();
    await person.page.waitForURL((url) => url.pathname === "/");
    assert.equal(await person.page.locator(".row", { hasText: "끝" }).count(), 0);
  };
  await Promise.all([thrownOut(jun), thrownOut(sora)]);
});
