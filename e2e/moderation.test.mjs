// Roles, kicks and bans, room settings, whispers, and the end of a room.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

/** Three users in a room of Minji. */
async function together(title, options) {
  const [minji, jun, sora] = await Promise.all([s.minji(), s.jun(), s.sora()]);
  const room = await minji.createRoom(title, options);
  await jun.join(room);
  await sora.join(room);
  await Promise.all([minji, jun].map((user) => user.member("소라").waitFor()));
  return { minji, jun, sora, room };
}

test("a whisper reaches only its recipient", async () => {
  const { minji, jun, sora, room } = await together("귓속말");
  await minji.whisperTo("준");
  await minji.page.locator(".composer__whisper").getByText("준").waitFor();
  await minji.send("너만 들어");
  await jun.waitForMessage("너만 들어");
  await jun.message("너만 들어").getByText("나에게 온 귓속말").waitFor();
  await minji.message("너만 들어").getByText("준님에게 귓속말").waitFor();
  await minji.page.locator(".composer__text").press("Escape");
  await minji.send("모두 들어");
  await sora.waitForMessage("모두 들어");
  assert.equal(await sora.message("너만 들어").count(), 0);
  await jun.page.reload();
  await jun.message("너만 들어").getByText("나에게 온 귓속말").waitFor();
  // Nor is it in Sora's page.
  const page = await sora.context.request.get(room);
  assert.match(await page.text(), /모두 들어/);
  assert.doesNotMatch(await page.text(), /너만 들어/);
});

test("kick and ban (Z6)", async () => {
  const { minji, jun, sora, room } = await together("질서");
  assert.equal(await (await jun.openMemberMenu("소라")).locator("summary", { hasText: "내보내기" }).isVisible(), false, "members have no such action");

  // The notice is shown for a short time before the page leaves, so the wait begins before.
  const notice = jun.page.locator(".bar").getByText("방장이나 부방장이 방에서 내보냈어요.").waitFor();
  await minji.actOnMember("준", "내보내기");
  await notice;
  await Promise.all([minji, sora].map((user) => user.waitForSystemLine("민지님이 준님을 내보냈어요.")));
  await minji.waitForOnlineCount(2);
  await jun.page.waitForURL((url) => url.pathname === "/");
  await jun.join(room);
  await minji.waitForOnlineCount(3);

  const actions = await minji.openMemberMenu("준");
  await actions.locator("summary").getByText("내보내고 막기", { exact: true }).click();
  await actions.locator("details[open] [name=reason]").fill("광고");
  await actions.locator("details[open] button").click();
  await sora.waitForSystemLine("민지님이 준님을 다시 못 오게 막았어요. (광고)");
  await jun.page.waitForURL((url) => url.pathname === "/");
  // The page says why, and offers no way in.
  await jun.page.goto(room);
  assert.match(await jun.notice(), /이 방에는 들어갈 수 없어요\.\s+광고/);
  assert.equal(await jun.page.locator(".narrow form.form").count(), 0);
});

test("a member whose writing is paused reads, learns why, and is told apart from one whose notifications are off", async () => {
  const { minji, jun, sora } = await together("잠깐 멈춤", { lasting: true });
  const actions = await minji.openMemberMenu("준");
  // What one does for oneself and what a moderator does have their own words and signs.
  const sign = (item) => item.locator("use").evaluate((use) => use.getAttribute("href").split("#")[1]);
  const [pause, silence] = [actions.locator("summary", { hasText: "쓰기 제한" }), actions.locator(".action--mute button")];
  assert.equal((await silence.innerText()).trim(), "이 사람 알림 끄기");
  assert.deepEqual([await sign(pause), await sign(silence)], ["talk-off", "bell-off"]);
  await pause.click();
  await actions.locator("details[open] [name=reason]").fill("도배");
  await actions.locator("details[open] button").click();
  await minji.waitForRoom();
  await jun.page.locator(".composer__text").fill("말해도 되나요");
  await jun.page.locator(".composer__text").press("Enter");
  await jun.page.locator(".message__failed").getByText("지금은 이 방에 글을 쓸 수 없어요.").waitFor();
  await sora.send("우리는 계속 이야기해요");
  await jun.waitForMessage("우리는 계속 이야기해요");
  // Lifted in the list of reports.
  await minji.page.locator(".talk__more").click();
  await minji.page.locator("#room-menu [href$='/reports']").click();
  await minji.page.getByText("도배").waitFor();
  await minji.page.getByRole("button", { name: "제한 풀기" }).click();
  await minji.page.getByText("저장했어요.").waitFor();
  await jun.page.locator(".message__failed").getByText("다시 보내기").click();
  await sora.waitForMessage("말해도 되나요");
});

test("a room in which only its owner writes is read by all", async () => {
  const { minji, jun, room } = await together("알림판", { lasting: true });
  await minji.send("내일은 쉬어요");
  await jun.waitForMessage("내일은 쉬어요");
  await minji.context.request.patch(`/api/rooms/${room.split("/").at(-1)}`, { data: { writers: "owner" } });
  await jun.page.reload();
  await jun.page.locator(".read-only", { hasText: "정해진 사람만 글을 쓸 수 있는 방이에요." }).waitFor();
  await jun.waitForMessage("내일은 쉬어요");
  assert.equal(await jun.page.locator(".composer").count(), 0);
  await minji.send("모레 만나요");
  await jun.waitForMessage("모레 만나요");
});

test("an owner hands a room over, and on leaving the member who joined first gets it", async () => {
  const { minji, jun, sora } = await together("이어달리기");
  // What someone is writing stays while the page takes over the new role (F2).
  await jun.page.locator(".composer__text").fill("쓰던 말");
  await minji.actOnMember("준", "방장 넘기기");
  await sora.waitForSystemLine("민지님이 준님에게 방장을 넘겼어요.");
  await jun.page.locator("#room-menu a[href$='/settings']").waitFor({ state: "attached" });
  await minji.page.locator("#room-menu a[href$='/settings']").waitFor({ state: "detached" });
  await sora.member("준").and(sora.page.locator("[data-role=owner]")).waitFor();
  assert.equal(await sora.member("민지").getAttribute("data-role"), "member");

  assert.equal(await jun.page.locator(".composer__text").inputValue(), "쓰던 말");
  await jun.leave();
  await sora.waitForSystemLine("준님이 민지님에게 방장을 넘겼어요.");
  await minji.page.locator("#room-menu a[href$='/settings']").waitFor({ state: "attached" });
  await sora.member("민지").and(sora.page.locator("[data-role=owner]")).waitFor();
});

test("a new name shows everywhere, and new settings show in the room and in the lobby", async () => {
  const { minji, jun, sora, room } = await together("옛 이름");
  await jun.send("나 준이야");
  await sora.waitForMessage("나 준이야");
  await jun.page.locator(".side--rooms .chip").click();
  await jun.page.locator("#rename [name=name]").fill("푸른 준");
  await jun.page.locator("#rename .button--primary").click();
  await jun.waitForRoom();
  await sora.member("푸른 준").waitFor();
  await sora.message("나 준이야").getByText("푸른 준").waitFor();

  const visitor = await s.user("손님");
  const lobby = visitor.page;
  await lobby.goto("/");
  const row = lobby.locator(`.row[data-room-id="${room.split("/").at(-1)}"]`);
  await row.getByText("옛 이름").waitFor();
  const form = (await minji.openRoomSettings()).locator("form[action$='/settings']");
  await form.locator("[name=title]").fill("새 이름");
  await form.locator("[name=max]").fill("5");
  await form.locator("[name=password]").fill("비밀");
  await form.locator(".button--primary").click();
  await minji.waitForRoom();
  await sora.waitForSystemLine("민지님이 방 이름을 ‘새 이름’으로 바꿨어요.");
  await sora.page.locator("h1").getByText("새 이름").waitFor();
  await sora.page.locator(".talk__lock").waitFor();
  assert.equal(await sora.page.title(), "새 이름 · 마당");
  await row.getByText("새 이름").waitFor();
  await row.locator("[data-field=locked]").waitFor();
  await row.locator("[data-field=max]").getByText("5", { exact: true }).waitFor();
});

test("the settings and the files of a room keep the user in an ephemeral room", async () => {
  const minji = await s.minji();
  const sockets = [];
  minji.page.on("websocket", (socket) => sockets.push(socket));
  await minji.createRoom("잠깐 설정");
  const isOpen = () => sockets.filter((socket) => socket.url().includes("/socket.io/")).some((socket) => !socket.isClosed());
  const before = sockets.length;
  await (await minji.openRoomSettings()).locator("[name=title]").fill("잠깐만 설정");
  assert.ok(isOpen() && sockets.length === before, "the connection lives on");
  await minji.page.locator("form[action$='/settings'] .button--primary").click();
  await minji.page.locator(".talk__title h1", { hasText: "잠깐만 설정" }).waitFor();
  await minji.waitForRoom();
  const [after, files] = [sockets.length, minji.page.locator(".side--people .side__foot a")];
  await files.click();
  await minji.page.locator(".gallery").waitFor();
  assert.ok(isOpen() && sockets.length === after, "the connection lives on");
});

test("an ephemeral room leaves an open lobby when its last member has left", async () => {
  const { minji, jun, sora, room } = await together("잠깐만");
  // One's own rooms are not in the list of open ones, so a visitor looks.
  const lobby = (await s.user("손님")).page;
  await lobby.goto("/");
  const row = lobby.locator(`.row[data-room-id="${room.split("/").at(-1)}"]`);
  await row.locator("[data-field=online]").getByText("3", { exact: true }).waitFor();
  await jun.leave();
  await sora.leave();
  await row.locator("[data-field=online]").getByText("1", { exact: true }).waitFor();
  await minji.leave();
  await row.waitFor({ state: "detached" });
  await jun.page.goto(room);
  assert.equal(await jun.notice(), "없는 방이에요. 주소를 확인해 주세요.");
});

test("an owner deletes a room, and all members are sent to the lobby (Z14)", async () => {
  const { minji, jun, sora } = await together("끝", { lasting: true });
  await minji.openRoomSettings();
  await minji.page.locator("form[action$='/delete'] [type=checkbox]").check();
  const sentToLobby = async (user) => {
    await user.page.locator(".bar").getByText("방이 삭제됐어요.").waitFor();
    await user.page.waitForURL((url) => url.pathname === "/");
    assert.equal(await user.page.locator(".row", { hasText: "끝" }).count(), 0);
  };
  // The notice is shown for a short time before the page leaves, so the waits begin before.
  const both = Promise.all([sentToLobby(jun), sentToLobby(sora)]);
  await minji.page.locator("form[action$='/delete'] .button--danger").click();
  await both;
});
