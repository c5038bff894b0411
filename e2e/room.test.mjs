// Joining a room, sending in it, presence and read positions.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

test("two users fill a locked room, and the lobby shows a third why it is closed", async () => {
  const [minji, jun, sora] = await Promise.all([s.minji(), s.jun(), s.sora()]);
  await jun.page.goto("/");
  const room = await minji.createRoom("고양이 사진관", { max: 2, password: "야옹" });

  // An open lobby shows the new room.
  const row = jun.page.locator(".row", { hasText: "고양이 사진관" });
  await row.locator("[data-field=locked]").waitFor();
  await row.locator("[data-field=owner]").getByText("민지").waitFor();
  await row.click();
  await jun.page.waitForURL(`**${room}`);
  assert.equal(await jun.page.locator("h1").innerText(), "고양이 사진관");

  await jun.tryJoin(room, { password: "멍멍" });
  // The page asks again, at its field (F11).
  assert.equal(await jun.page.locator(".field__problem").innerText(), "비밀번호가 맞지 않아요.");
  assert.equal(new URL(jun.page.url()).pathname, room);
  await jun.join(room, { password: "야옹" });
  await minji.waitForSystemLine("준님이 손님으로 들어왔어요.");
  await Promise.all([minji.waitForOnlineCount(2), jun.waitForOnlineCount(2)]);
  await Promise.all([minji.member("준").waitFor(), jun.member("민지").waitFor()]);

  await sora.tryJoin(room, { password: "야옹" });
  assert.equal(await sora.notice(), "정원이 다 찼어요. 자리가 나면 들어갈 수 있어요.");
  await sora.page.goto("/");
  await sora.page.locator(".find .input").fill(`${s.server.url}/room/00000000000000000000000000`);
  await sora.page.locator(".find .input").press("Enter");
  await sora.page.waitForURL(/room_not_found/);
  assert.equal(await sora.notice(), "없는 방이에요. 주소를 확인해 주세요.");
  await sora.page.goto("/room/없는-방");
  assert.equal(await sora.notice(), "없는 방이에요. 주소를 확인해 주세요.");
  assert.equal(await sora.page.locator(".row [data-field=full]").first().isVisible(), true);

  // A leave is shown, and frees a place.
  await jun.leave();
  await minji.waitForSystemLine("준님이 나갔어요.");
  await minji.waitForOnlineCount(1);
  assert.equal(await minji.member("준").count(), 0);
  await sora.join(room, { password: "야옹" });
  await minji.waitForOnlineCount(2);
});

test("Korean and emoji are sent, and a syllable being composed is not", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("한글 방");
  await jun.join(room);

  const text = minji.page.locator(".composer__text");
  const ime = await minji.context.newCDPSession(minji.page);
  const compose = (syllable) =>
    ime.send("Input.imeSetComposition", { text: syllable, selectionStart: syllable.length, selectionEnd: syllable.length });
  await text.focus();
  await compose("ㅇ");
  await compose("아");
  await compose("안");
  // A key that the input method takes has no text.
  const enter = (code) => ime.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: code });
  await enter(13);
  await ime.send("Input.insertText", { text: "안" });
  // Safari sends the same key after the syllable, marked only by its code.
  await enter(229);
  assert.equal(await text.inputValue(), "안");
  assert.equal(await minji.page.locator(".message.mine").count(), 0);
  await ime.send("Input.insertText", { text: "녕, 준아" });
  await text.press("Enter");
  await jun.waitForMessage("안녕, 준아");
  assert.equal(await text.inputValue(), "");
  await minji.waitForMessage("안녕, 준아");

  // The line expires by itself, so the wait begins before.
  const typing = minji.page.locator(".typing").getByText("준(손님)님이 쓰고 있어요").waitFor();
  await jun.page.locator(".composer__text").pressSequentially("음");
  await typing;
  await jun.page.locator(".composer__text").fill("");

  // Shift+Enter breaks the line, and emoji alone are shown large.
  await jun.page.locator(".composer__text").pressSequentially("첫 줄");
  await jun.page.locator(".composer__text").press("Shift+Enter");
  await jun.page.locator(".composer__text").pressSequentially("둘째 줄");
  await jun.page.locator(".composer__text").press("Enter");
  await minji.waitForMessage("첫 줄\n둘째 줄");
  await jun.send("👩‍👧‍👦🐈");
  await minji.message("👩‍👧‍👦🐈").locator(".bubble--emoji").waitFor();
  assert.deepEqual((await minji.messages()).slice(-3), ["안녕, 준아", "첫 줄\n둘째 줄", "👩‍👧‍👦🐈"]);

  // The palette inserts at the caret.
  await text.fill("좋아");
  await minji.page.locator(".composer [popovertarget=emoji]").click();
  await minji.page.locator("#emoji button", { hasText: "👍" }).first().click();
  await text.press("Enter");
  await jun.waitForMessage("좋아👍");
});

test("two tabs are one member, and a reload is no exit (Z4)", async () => {
  const [minji, jun, sora] = await Promise.all([s.minji(), s.jun(), s.sora()]);
  const room = await minji.createRoom("두 창");
  await jun.join(room);
  const second = await jun.newPage();
  await second.goto(room);
  await jun.waitForRoom(second);
  await sora.join(room);
  await Promise.all([minji.waitForOnlineCount(3), jun.waitForOnlineCount(3, second)]);
  assert.equal(await minji.member("준").count(), 1);

  await minji.send("보여?");
  await jun.waitForMessage("보여?");
  await jun.send("두 창에 다 보여", second);
  await jun.message("두 창에 다 보여").and(jun.page.locator(".mine")).waitFor();

  // Three who come in a row are one line (F27). Exits come in the order in which the last windows closed: before Sora's would come those of the
  // reload and of the second window.
  await minji.page.reload();
  await minji.waitForRoom();
  await second.close();
  await sora.page.close();
  await minji.waitForSystemLine("소라님이 나갔어요.");
  await minji.waitForOnlineCount(2);
  const lines = (await minji.messages()).filter((line) => /(들어왔|나갔)어요/.test(line));
  assert.deepEqual(lines, ["민지님 외 2명이 들어왔어요.", "준님이 손님으로 들어왔어요.", "소라님이 손님으로 들어왔어요.", "소라님이 나갔어요."]);
});

test("a message shows how many have not read it, until they have", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("읽음", { lasting: true });
  await jun.join(room);
  await jun.page.goto("/");
  await minji.send("돌아오면 읽어");
  const unread = minji.message("돌아오면 읽어").locator(".unread");
  await unread.getByText("1", { exact: true }).waitFor();
  await jun.page.goto(room);
  await jun.waitForMessage("돌아오면 읽어");
  await unread.waitFor({ state: "hidden" });
});

// F21
test("a room that is left at once is read", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("잠깐 들름", { lasting: true });
  await jun.join(room);
  await jun.page.goto("/");
  await minji.send("읽고 가요");
  await jun.page.locator(".my-room", { hasText: "읽고 가요" }).click();
  await jun.waitForRoom();
  await jun.waitForMessage("읽고 가요");
  await jun.page.goto("/");
  await minji.message("읽고 가요").locator(".unread").waitFor({ state: "hidden" });
});

test("the lobby that the way back shows is not that of then", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  await minji.createRoom("사라질 방", { lasting: true });
  await minji.page.goto("/");
  await minji.page.locator("main").getByText("사라질 방").first().waitFor();
  await minji.page.goto("/people");
  const page = await minji.newPage();
  await page.goto("/");
  await page.locator(".my-room", { hasText: "사라질 방" }).click();
  await minji.waitForRoom(page);
  await minji.context.request.delete(`/api/rooms/${new URL(page.url()).pathname.split("/").pop()}`);
  await jun.createRoom("새로 난 방", { lasting: true });
  await minji.page.goBack();
  await minji.page.locator("main").getByText("새로 난 방").first().waitFor();
  await minji.page.locator("main").getByText("사라질 방").first().waitFor({ state: "detached" });
});
