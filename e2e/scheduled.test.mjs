// Messages that are sent later, and reminders.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

test("a text is sent later: from the composer, listed, changed, and sent at once", async () => {
  const [minji, jun] = [await s.minji(), await s.jun()];
  const { page } = minji;
  const room = await minji.createRoom("예약 방", { lasting: true });
  await jun.join(room);
  await page.locator(".composer__text").fill("내일 봬요");
  const sheet = await minji.openRoomSheet("later");
  assert.equal(await sheet.locator("[name=text]").inputValue(), "내일 봬요");
  await sheet.getByRole("button", { name: "내일 오전 9시" }).click();
  assert.match(await sheet.locator("[name=at]").inputValue(), /T09:00$/);
  await sheet.getByRole("button", { name: "예약하기" }).click();
  await page.getByText(/에 보낼게요/).waitFor();
  // The text has moved from the composer to the list.
  assert.equal(await page.locator(".composer__text").inputValue(), "");
  await page.locator(".composer__scheduled", { hasText: "1" }).click();
  await page.locator(".scheduled__item", { hasText: "내일 오전 9:00" }).waitFor();
  await page.getByText("고치기").click();
  await page.locator(".scheduled__item [name=text]").fill("모레 봬요");
  await page.getByRole("button", { name: "저장" }).click();
  await page.locator(".scheduled__text", { hasText: "모레 봬요" }).waitFor();
  await page.getByRole("button", { name: "지금 보내기" }).click();
  await minji.waitForRoom();
  await jun.waitForMessage("모레 봬요");
  assert.equal(await page.locator(".composer__scheduled").isVisible(), false);
});

test("a reminder is set from a message or by words, and a whisper is not sent later to all", async () => {
  const [minji, jun] = [await s.minji(), await s.jun()];
  const { page } = minji;
  const room = await minji.createRoom("알림 방", { lasting: true });
  await jun.join(room);
  await jun.send("서류 보내 주세요");
  await minji.waitForMessage("서류 보내 주세요");
  await minji.pickAction(minji.message("서류 보내 주세요"), "remind");
  await page.locator("#later .later__quote", { hasText: "서류 보내 주세요" }).waitFor();
  await page.locator("#later").getByRole("button", { name: "알림 맞추기" }).click();
  await page.getByText(/에 알려 드릴게요/).waitFor();
  await page.locator(".composer__text").fill("/remind 10분 물 마시기");
  await page.locator(".composer__text").press("Enter");
  await page.locator("[data-composer-target=answer]", { hasText: "알려 드릴게요" }).waitFor();
  await page.goto("/me/scheduled");
  assert.equal(await page.locator(".scheduled__item", { hasText: "알림" }).count(), 2);
  await page.locator(".scheduled__item", { hasText: "물 마시기" }).getByRole("button", { name: "예약 취소" }).click();
  assert.equal(await page.locator(".scheduled__item").count(), 1);

  await page.goto(room);
  await minji.waitUntilLive();
  await minji.pickAction(minji.message("서류 보내 주세요"), "whisper");
  await page.locator(".composer__text").fill("비밀이에요");
  await page.locator(".talk__more").click();
  await page.locator("#room-menu [popovertarget=later]").click();
  await page.getByText("귓속말과 파일은 나중에 보낼 수 없어요.").waitFor();
  assert.equal(await page.locator("#later").isVisible(), false);
});

test("a text that was changed in the sheet and not scheduled is not lost", async () => {
  const minji = await s.minji();
  const { page } = minji;
  await minji.createRoom("나중 방", { lasting: true });
  await page.locator(".composer__text").fill("내일 봬요");
  const sheet = await minji.openRoomSheet("later");
  await sheet.locator("[name=text]").fill("모레 봬요");
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "hidden" });
  assert.equal(await page.locator(".composer__text").inputValue(), "모레 봬요");

  // The note of a reminder is kept for its message until it is saved.
  await page.locator(".composer__text").press("Enter");
  const message = minji.message("모레 봬요");
  const note = page.locator("#later [name=text]");
  await message.waitFor();
  await minji.pickAction(message, "remind");
  await note.fill("우산도");
  await page.keyboard.press("Escape");
  await minji.pickAction(message, "remind");
  assert.equal(await note.inputValue(), "우산도");
  await page.locator("#later").getByRole("button", { name: "알림 맞추기" }).click();
  await page.getByText(/에 알려 드릴게요/).waitFor();
  await minji.pickAction(message, "remind");
  assert.equal(await note.inputValue(), "");
});
