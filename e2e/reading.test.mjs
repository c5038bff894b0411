// What readers miss most: who reacted and who has read, emoji by name, albums, code.
import assert from "node:assert/strict";
import { png } from "./support/images.mjs";
import { setup, test } from "./support/setup.mjs";

const s = setup();

// F28
test("a list says who reacted and who has read", async () => {
  const [minji, jun, sora] = await Promise.all([s.minji(), s.jun(), s.sora()]);
  const room = await minji.createRoom("반응", { lasting: true });
  await jun.join(room);
  await sora.join(room);
  await sora.page.goto("/");
  await minji.waitForOnlineCount(2);
  await minji.send("토요일 어때요?");
  await jun.waitForMessage("토요일 어때요?");
  await jun.message("토요일 어때요?").hover();
  await jun.page.locator("#message-bar button").first().click();
  await jun.page.locator(".menu__quick .emoji__one").first().click();
  const message = minji.message("토요일 어때요?");
  await message.locator(".reaction").waitFor();
  await message.locator(".unread").getByText("1", { exact: true }).waitFor();
  await minji.pickAction(message, "people");
  const sheet = minji.page.locator(".message-people");
  assert.deepEqual(await sheet.locator("section").allInnerTexts(), ["👍 1\n\n준(손님)", "읽은 사람 1\n\n준(손님)", "아직 읽지 않은 사람 1\n\n소라(손님)"]);
  await minji.page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  // On a phone a press on the number shows it.
  await message.locator(".unread").evaluate((number) => number.click());
  await sheet.waitFor();
});

test("emoji are found by name in both languages, and by their short names", async () => {
  const minji = await s.minji();
  await minji.createRoom("이모지");
  const { page } = minji;
  await page.locator(".composer [popovertarget=emoji]").click();
  const palette = page.locator("#emoji");
  for (const [typed, sign] of [["문어", "🐙"], ["octopus", "🐙"], ["ㅁㅇ", "🐙"]]) {
    await palette.locator("input").fill(typed);
    await palette.locator(".emoji__one", { hasText: sign }).first().waitFor();
  }
  await palette.locator("input").fill("octopus");
  await palette.locator("input").press("Enter");
  await page.waitForFunction(() => document.querySelector(".composer__text").value === "🐙");
  const text = page.locator(".composer__text");
  await text.fill("");
  await text.pressSequentially("좋아요 :octop");
  await page.locator("#mentions [role=option]", { hasText: ":octopus:" }).waitFor();
  await text.press("Tab");
  assert.equal(await text.inputValue(), "좋아요 🐙");
  await text.pressSequentially(" :tada:");
  await page.waitForFunction(() => document.querySelector(".composer__text").value === "좋아요 🐙 🎉");
});

test("pictures of one message are an album, and code can be copied and wrapped", async () => {
  const minji = await s.minji();
  await minji.createRoom("앨범");
  const { page } = minji;
  await page.locator(".composer [type=file]").setInputFiles([1, 2, 3].map((n) => ({ name: `${n}.png`, mimeType: "image/png", buffer: png(40) })));
  await page.locator(".button--send").click();
  await page.locator(".album--3 .picture").nth(2).waitFor();
  const [first, second] = await Promise.all([0, 1].map((n) => page.locator(".album .picture").nth(n).boundingBox()));
  assert.ok(first.width > second.width, "the first of an odd number is wide");
  await page.locator(".composer__text").fill("```js\nlet a = 1;\n```");
  await page.locator(".composer__text").press("Enter");
  const code = page.locator(".message:not(.is-pending) .code");
  await code.waitFor();
  assert.deepEqual(await code.locator(".code-keyword, .code-number").allTextContents(), ["let", "1"]);
  await code.hover();
  await code.locator("button").last().click();
  await code.locator("pre.is-wrapped").waitFor();
  await minji.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await code.locator("button").first().click();
  await page.locator("#toast").getByText("복사했어요.").waitFor();
  assert.equal((await page.evaluate(() => navigator.clipboard.readText())).trim(), "let a = 1;");
});

// F23, F30
test("a picture zooms, and Back closes it without leaving the room", async () => {
  const minji = await s.minji();
  const room = await minji.createRoom("확대", { lasting: true });
  const { page } = minji;
  await page.locator(".composer [type=file]").setInputFiles({ name: "하늘.png", mimeType: "image/png", buffer: png(120) });
  await page.locator(".button--send").click();
  await page.locator(".message:not(.is-pending) [data-picture]").click();
  const picture = page.locator("#lightbox[open] .lightbox__picture");
  const zoom = () => picture.evaluate((image) => Number(image.style.scale || 1));
  await picture.hover();
  await page.mouse.wheel(0, -600);
  await page.waitForFunction(() => Number(document.querySelector(".lightbox__picture").style.scale) > 2);
  for (let presses = 0; presses < 4; presses += 1) await page.keyboard.press("-");
  await page.waitForFunction(() => Number(document.querySelector(".lightbox__picture").style.scale) < 2);
  await picture.dblclick();
  assert.ok((await zoom()) >= 1);
  if ((await zoom()) > 1) await page.getByRole("button", { name: "크게 보기" }).click();
  assert.equal(await zoom(), 1, "the button shows the whole picture again");
  await page.getByRole("button", { name: "크게 보기" }).click();
  assert.ok((await zoom()) >= 2, "and enlarges it");
  await page.goBack();
  await page.locator("#lightbox").waitFor({ state: "hidden" });
  assert.equal(new URL(page.url()).pathname, room);
  await minji.send("아직 여기예요");
});
