// Edit, delete, reply and mention.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

/** Two users in a lasting room. */
async function two(title) {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom(title, { lasting: true });
  await jun.join(room);
  return { minji, jun, room };
}

// F3
test("a user edits a message, takes back its deletion, and deletes it", async () => {
  const { minji, jun } = await two("고치는 방");
  await minji.send("안녕하새요");
  await jun.send("응?");
  const { page } = minji;
  await page.locator(".composer__text").press("ArrowUp");
  const editor = page.locator(".editor textarea");
  await editor.waitFor();
  assert.equal(await editor.inputValue(), "안녕하새요");
  await editor.fill("그만둘 글");
  await page.keyboard.press("Escape");
  await editor.waitFor({ state: "detached" });
  await minji.waitForMessage("안녕하새요");
  // The draft in the composer stays (F3), and a reaction meanwhile does not end the edit.
  await page.locator(".composer__text").fill("쓰던 긴 글");
  await minji.pickAction(minji.message("안녕하새요"), "edit");
  await editor.fill("안녕하세요");
  await jun.message("안녕하새요").hover();
  await jun.page.locator("#message-bar button").first().click();
  await jun.page.locator(".menu__quick .emoji__one").first().click();
  await page.locator(".reaction").waitFor();
  assert.equal(await editor.inputValue(), "안녕하세요");
  await editor.press("Enter");
  await jun.page.locator(".message", { hasText: "안녕하세요" }).locator(".edited").waitFor();
  await editor.waitFor({ state: "detached" });
  assert.equal(await page.locator(".composer__text").inputValue(), "쓰던 긴 글");
  assert.equal(await jun.page.getByText("안녕하새요").count(), 0);

  const mine = page.locator(".message", { hasText: "안녕하세요" });
  await minji.pickAction(mine, "delete");
  await mine.waitFor({ state: "hidden" });
  // Another line leaves the button, and a list that is loaded again leaves the message out of sight.
  await page.context().grantPermissions(["clipboard-write"]);
  await minji.pickAction(minji.message("응?"), "copy");
  await page.locator("#toast").getByText("복사했어요.").waitFor();
  await page.evaluate(() => (location.hash = "x"));
  await page.evaluate(() => document.querySelector("[data-action='room#toBottom']").click());
  assert.equal(await mine.isVisible(), false);
  await page.getByRole("button", { name: "되돌리기" }).click();
  await mine.waitFor();
  assert.equal(await jun.page.locator(".bubble--deleted").count(), 0);
  await minji.pickAction(mine, "delete");
  await jun.page.locator(".bubble--deleted").getByText("삭제된 메시지예요.").waitFor();
  // Others cannot change it; moderators can delete it.
  await jun.openMessageMenu(jun.message("응?"));
  await jun.page.keyboard.press("Escape");
  await minji.openMessageMenu(minji.message("응?"));
  assert.equal(await page.locator("[data-action-name=edit]").isVisible(), false);
  assert.equal(await page.locator("[data-action-name=delete]").isVisible(), true);
});

test("a reply quotes its message, and the quote leads to it", async () => {
  const { minji, jun } = await two("답하는 방");
  await minji.send("몇 시에 만나요?");
  for (let n = 0; n < 20; n += 1) await minji.send(`그 사이의 말 ${n}`);
  await jun.message("몇 시에 만나요?").hover();
  await jun.page.locator("#message-bar").getByRole("button", { name: "답장하기" }).click();
  await jun.page.locator(".composer__about").getByText("민지님에게 답장").waitFor();
  await jun.send("다섯 시요");
  await jun.page.locator(".composer__about").waitFor({ state: "hidden" });
  const answer = minji.page.locator(".message:not(.is-pending)", { hasText: "다섯 시요" });
  await answer.locator(".reply").getByText("몇 시에 만나요?").waitFor();
  await answer.locator(".reply").click();
  await minji.page.locator(".message.is-found", { hasText: "몇 시에 만나요?" }).waitFor();
  // The reply to a whisper is a whisper.
  const sora = await s.sora();
  await sora.join(new URL(jun.page.url()).pathname);
  await minji.whisperTo("준");
  await minji.send("우리끼리만");
  await jun.message("우리끼리만").hover();
  await jun.page.locator("#message-bar").getByRole("button", { name: "답장하기" }).click();
  await jun.send("응, 우리끼리만이야");
  await minji.message("응, 우리끼리만이야").and(minji.page.locator("[data-kind=whisper]")).waitFor();
  await jun.page.keyboard.press("Escape");
  await jun.send("다들 들려요?");
  await sora.waitForMessage("다들 들려요?");
  assert.equal(await sora.page.getByText("우리끼리만").count(), 0);
});

test("a mention is suggested while a syllable is composed, and marked for its user", async () => {
  const { minji, jun } = await two("부르는 방");
  const sora = await s.sora();
  await sora.join(new URL(jun.page.url()).pathname, { name: "파란 고래" });
  await jun.member("파란 고래").waitFor();
  const text = jun.page.locator(".composer__text");
  const ime = await jun.context.newCDPSession(jun.page);
  const compose = (syllable) => ime.send("Input.imeSetComposition", { text: syllable, selectionStart: syllable.length, selectionEnd: syllable.length });
  const offered = jun.page.locator("#mentions [role=option]");
  await text.pressSequentially("저기 @");
  await offered.first().waitFor();
  assert.deepEqual((await offered.locator("span:not(.avatar)").allInnerTexts()).sort(), ["민지", "파란 고래"]);
  // 팔 on the way to 파란.
  for (const syllable of ["ㅍ", "파", "팔"]) await compose(syllable);
  await jun.page.waitForFunction(() => document.querySelectorAll("#mentions [role=option]").length === 1);
  await offered.getByText("파란 고래").waitFor();
  // Enter that finishes a syllable chooses no name.
  await ime.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 });
  assert.equal(await jun.page.locator("#mentions").isVisible(), true);
  await ime.send("Input.insertText", { text: "파" });
  await text.press("Enter");
  assert.equal(await text.inputValue(), "저기 @파란 고래 ");
  await text.pressSequentially("@ㅁㅈ");
  await offered.getByText("민지").waitFor();
  await text.press("Tab");
  assert.equal(await text.inputValue(), "저기 @파란 고래 @민지 ");
  await text.press("Enter");
  await sora.page.locator(".message.names-me .mention.is-me").getByText("@파란 고래").waitFor();
  await minji.page.locator(".message.names-me .mention.is-me").getByText("@민지").waitFor();
  assert.equal(await jun.page.locator(".names-me").count(), 0);
  // Only moderators can mention everybody.
  await text.pressSequentially("@모");
  await text.press("Escape");
  assert.equal(await jun.page.locator("#mentions").isVisible(), false);
  await minji.page.locator(".composer__text").pressSequentially("@모");
  await minji.page.locator("#mentions [role=option]").click();
  await minji.page.locator(".composer__text").press("Enter");
  await jun.page.locator(".message.names-me .mention.is-me").getByText("@모두").waitFor();
});

test("without JavaScript: react, answer, edit, pin and delete by form", async () => {
  const { minji, room } = await two("글만 있는 방");
  await minji.send("여기예요");
  const jun = await s.user("준", { javaScriptEnabled: false, storageState: await minji.context.storageState() });
  const { page } = jun;
  await page.goto(room);
  await page.locator(".message", { hasText: "여기예요" }).locator(".message__time").click();
  const acts = page.locator(".plain-actions");
  await acts.getByText("👍").click();
  await minji.message("여기예요").locator(".reaction").getByText("👍").waitFor();
  await acts.locator("textarea").fill("여기 있어요");
  await acts.locator("[value=edit]").click();
  await minji.page.locator(".message", { hasText: "여기 있어요" }).locator(".edited").waitFor();
  await acts.locator("[value=pin]").click();
  await minji.page.locator(".pins__newest").getByText("여기 있어요").waitFor();
  await acts.locator("textarea").fill("거기 있군요");
  await acts.locator("[value=reply]").click();
  await minji.page.locator(".message", { hasText: "거기 있군요" }).locator(".reply").waitFor();
  await acts.locator("[value=delete]").click();
  await minji.page.locator(".bubble--deleted").waitFor();
});
