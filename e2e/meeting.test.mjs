// Two windows meet in a room; who may not come in reads why.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./support/stage.mjs";

const s = stage();

test("two meet in a locked room of two, and the lobby tells the third why not", async () => {
  const [minji, jun, sora] = await Promise.all([s.minji(), s.jun(), s.sora()]);
  await jun.page.goto("/");
  const room = await minji.opens("고양이 사진관", { max: 2, password: "야옹" });

  // The new room comes into an open lobby by itself.
  const row = jun.page.locator(".row", { hasText: "고양이 사진관" });
  await row.locator("[data-field=locked]").waitFor();
  await row.locator("[data-field=owner]").getByText("민지").waitFor();
  await row.click();
  await jun.page.waitForURL(`**${room}`);
  assert.equal(await jun.page.locator("h1").innerText(), "고양이 사진관");

  await jun.knocks(room, { password: "멍멍" });
  assert.equal(await jun.notice(), "비밀번호가 틀렸습니다.");
  assert.equal(new URL(jun.page.url()).pathname, "/");
  await jun.enters(room, { password: "야옹" });
  await minji.reads("준님이 입장하셨습니다.");
  await Promise.all([minji.counts(2), jun.counts(2)]);
  await Promise.all([minji.member("준").waitFor(), jun.member("민지").waitFor()]);

  await sora.knocks(room, { password: "야옹" });
  assert.equal(await sora.notice(), "허용 인원이 초과하였습니다.");
  await sora.page.locator(".find .input").fill(`${s.house.url}/room/00000000000000000000000000`);
  await sora.page.locator(".find .input").press("Enter");
  await sora.page.waitForURL(/room_not_found/);
  assert.equal(await sora.notice(), "존재하지 않는 방입니다.");
  await sora.page.goto("/room/없는-방");
  assert.equal(await sora.notice(), "존재하지 않는 방입니다.");
  assert.equal(await sora.page.locator(".row [data-field=full]").first().isVisible(), true);

  // The one who leaves is announced to the one who stays, and there is room again.
  await jun.leaves();
  await minji.reads("준님이 퇴장하셨습니다.");
  await minji.counts(1);
  assert.equal(await minji.member("준").count(), 0);
  await sora.enters(room, { password: "야옹" });
  await minji.counts(2);
});

test("they exchange Korean and emoji, and a syllable being composed is not sent", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.opens("한글 방");
  await jun.enters(room);

  const text = minji.page.locator(".composer__text");
  const ime = await minji.context.newCDPSession(minji.page);
  const compose = (syllable) =>
    ime.send("Input.imeSetComposition", { text: syllable, selectionStart: syllable.length, selectionEnd: syllable.length });
  await text.focus();
  await compose("ㅇ");
  await compose("아");
  await compose("안");
  // The key as the page gets it while the input method has it: without a text of its own.
  const enter = (code) => ime.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: code });
  await enter(13);
  await ime.send("Input.insertText", { text: "안" });
  // Safari tells of the same key only by its code, after the syllable has been finished.
  await enter(229);
  assert.equal(await text.inputValue(), "안");
  assert.equal(await minji.page.locator(".message.mine").count(), 0);
  await ime.send("Input.insertText", { text: "녕, 준아" });
  await text.press("Enter");
  await jun.hears("안녕, 준아");
  assert.equal(await text.inputValue(), "");
  await minji.hears("안녕, 준아");

  await jun.page.locator(".composer__text").pressSequentially("음");
  await minji.page.locator(".typing").getByText("준님이 쓰고 있어요").waitFor();
  await jun.page.locator(".composer__text").fill("");

  // Two lines with Shift, and emoji alone are shown large.
  await jun.page.locator(".composer__text").pressSequentially("첫 줄");
  await jun.page.locator(".composer__text").press("Shift+Enter");
  await jun.page.locator(".composer__text").pressSequentially("둘째 줄");
  await jun.page.locator(".composer__text").press("Enter");
  await minji.hears("첫 줄\n둘째 줄");
  await jun.says("👩‍👧‍👦🐈");
  await minji.message("👩‍👧‍👦🐈").locator(".bubble--emoji").waitFor();
  assert.deepEqual((await minji.talk()).slice(-3), ["안녕, 준아", "첫 줄\n둘째 줄", "👩‍👧‍👦🐈"]);

  // The palette puts an emoji where the caret is.
  await text.fill("좋아");
  await minji.page.locator(".composer [popovertarget=emoji]").click();
  await minji.page.locator("#emoji button", { hasText: "👍" }).click();
  await text.press("Enter");
  await jun.hears("좋아👍");
});

test("two tabs are one person, and a reload is no exit (Z4)", async () => {
  const [minji, jun, sora] = await Promise.all([s.minji(), s.jun(), s.sora()]);
  const room = await minji.opens("두 창");
  await jun.enters(room);
  const second = await jun.window();
  await second.goto(room);
  await jun.isIn(second);
  await sora.enters(room);
  await Promise.all([minji.counts(3), jun.counts(3, second)]);
  assert.equal(await minji.member("준").count(), 1);

  await minji.says("보여?");
  await jun.hears("보여?");
  await jun.says("두 창에 다 보여", second);
  await jun.message("두 창에 다 보여").and(jun.page.locator(".mine")).waitFor();

  // People are let go in the order in which their last window closed: when Sora's exit is told,
  // that of the reload and of the closed second window would have been told before.
  await minji.page.reload();
  await minji.isIn();
  await second.close();
  await sora.page.close();
  await minji.reads("소라님이 퇴장하셨습니다.");
  await minji.counts(2);
  const lines = (await minji.talk()).filter((line) => line.includes("퇴장") || line.includes("입장"));
  assert.deepEqual(lines, ["민지님이 입장하셨습니다.", "준님이 입장하셨습니다.", "소라님이 입장하셨습니다.", "소라님이 퇴장하셨습니다."]);
});

test("beside a message stands how many have not read it, until they have", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.opens("읽음", { lasting: true });
  await jun.enters(room);
  await jun.page.goto("/");
  await minji.says("돌아오면 읽어");
  const unread = minji.message("돌아오면 읽어").locator(".unread");
  await unread.getByText("1", { exact: true }).waitFor();
  await jun.page.goto(room);
  await jun.hears("돌아오면 읽어");
  await unread.waitFor({ state: "hidden" });
});
