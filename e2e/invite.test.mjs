// Invites, moderators, bans and slow mode.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

/** Opens the sheet of invites and returns it. */
async function sharing(user) {
  return user.openRoomSheet("share");
}

test("an invite replaces the password for a number of uses (A11, Z2)", async () => {
  const [minji, jun, sora] = await Promise.all([s.minji(), s.jun(), s.sora()]);
  const room = await minji.createRoom("잠긴 방", { password: "비밀", lasting: true });
  let sheet = await sharing(minji);
  assert.equal(await sheet.locator(".address__text").first().inputValue(), s.server.url + room, "the whole address");
  await sheet.locator("[name=uses]").selectOption("1");
  await sheet.getByText("초대 링크 만들기").click();
  // After the form, the sheet is open again with the new invite.
  const invite = minji.page.locator(".invite");
  await invite.getByText("1명 더 올 수 있어요").waitFor();
  assert.equal(new URL(minji.page.url()).hash, "");
  const address = await invite.locator(".address__text").inputValue();
  assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/invite\/[\w-]{22}$/);

  await invite.locator(".qr summary").click();
  const picture = invite.locator(".qr__picture");
  await picture.evaluate((image) => image.decode());
  assert.equal(await picture.evaluate((image) => image.naturalWidth > 0), true);

  await jun.page.goto(address);
  await jun.page.getByText("비밀번호 없이 들어갈 수 있어요").waitFor();
  assert.equal(await jun.page.locator("[name=password]").count(), 0);
  await jun.page.locator(".narrow [name=name]").fill("준");
  await jun.page.locator(".narrow .button--primary").click();
  await jun.waitForRoom();
  await jun.send("초대받고 왔어요");
  await minji.page.keyboard.press("Escape");
  await minji.waitForMessage("초대받고 왔어요");

  await sora.page.goto(address);
  assert.equal(await sora.notice(), "이미 없어졌거나 더는 쓸 수 없어요.");
  sheet = await sharing(jun);
  assert.equal(await sheet.locator(".invite-new").count(), 0, "members can only share the address of the room");
});

test("a moderator is appointed, bans, and lifts a ban", async () => {
  const [minji, jun, sora] = await Promise.all([s.minji(), s.jun(), s.sora()]);
  const room = await minji.createRoom("부방장", { lasting: true });
  await jun.join(room);
  await sora.join(room);
  await minji.member("준").waitFor();
  await minji.actOnMember("준", "부방장으로 정하기");
  await sora.waitForSystemLine("민지님이 준님을 부방장으로 정했어요.");
  await sora.member("준").locator(".member__role[data-mark=moderator]").waitFor();
  await jun.page.locator(".room[data-role=moderator].is-live").waitFor();
  assert.equal(await (await jun.openMemberMenu("민지")).locator("summary", { hasText: "내보내기" }).isVisible(), false);
  await jun.actOnMember("소라", "내보내고 막기");
  await sora.page.waitForURL((url) => url.pathname === "/");
  await jun.waitForSystemLine("준님이 소라님을 다시 못 오게 막았어요.");

  await jun.page.reload();
  await jun.waitForRoom();
  const settings = await jun.openRoomSettings();
  await settings.getByText("입장 허용").click();
  await settings.getByText("막은 사람이 없어요.").waitFor();
  await settings.locator(".page__head > a").click();
  await jun.waitForRoom();
  await sora.join(room);
  await jun.member("소라").waitFor();
});

test("slow mode counts down on the button, and the draft stays", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("천천히", { lasting: true });
  await jun.join(room);
  const form = (await minji.openRoomSettings()).locator("form[action$='/settings']");
  await form.getByText("상세 설정").click();
  await form.locator("[name=slowSeconds]").selectOption("60");
  await form.locator("[name=listed]").selectOption("false");
  await form.locator(".button--primary").click();
  await minji.waitForRoom();
  await jun.page.locator(".composer[data-composer-slow-value='60']").waitFor();
  await jun.send("하나");
  await jun.page.locator(".button--send.is-waiting").waitFor();
  await jun.page.locator(".composer__text").fill("둘");
  await jun.page.locator(".composer__text").press("Enter");
  assert.equal(await jun.page.locator(".composer__text").inputValue(), "둘");
  await minji.send("나는 방장");
  assert.equal(await minji.page.locator(".button--send.is-waiting").count(), 0);
  // No longer in the list of open rooms.
  const lobby = await jun.newPage();
  await lobby.goto("/");
  assert.equal(await lobby.locator(".row", { hasText: "천천히" }).count(), 0);
});
