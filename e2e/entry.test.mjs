// Getting in, staying who one is, and acts that ask first.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();
const password = "a tree by the gate";

// F10, F13
test("a session that ended says so, and leads back with the draft", async () => {
  const minji = await s.minji();
  const room = await minji.createRoom("다시 올 방", { lasting: true });
  const { page } = minji;
  await page.goto(`/signup?next=${room}`);
  await page.locator("[name=email]").fill("minji@example.org");
  await page.locator("[name=password]").fill(password);
  await page.locator("main .button--primary").click();
  await minji.waitForRoom();
  await page.locator(".composer__text").fill("쓰던 글");
  // Logged out in another tab.
  const tab = await minji.newPage();
  await tab.goto("/me");
  await tab.locator('form[action="/logout"] button').click();
  await page.waitForURL(/\/login\?/);
  await page.getByText("로그아웃됐어요.").waitFor();
  await page.getByText("이 서버를 운영하는 사람에게").waitFor();
  await page.locator("[name=email]").fill("minji@example.org");
  await page.locator("[name=password]").fill(password);
  await page.locator("main .button--primary").click();
  assert.equal(await minji.waitForRoom(), room);
  assert.equal(await page.locator(".composer__text").inputValue(), "쓰던 글");

  // The page to join offers to log in, and comes back.
  const jun = await s.jun();
  await jun.page.goto(room);
  await jun.page.locator(".narrow__else a").click();
  assert.equal(new URL(jun.page.url()).searchParams.get("next"), room);
});

// F12, F14
test("who has a name walks straight in, and guests are marked", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  await jun.createRoom("준의 방", { lasting: true });
  const room = await minji.createRoom("열린 마당", { lasting: true });
  await jun.page.goto("/");
  await jun.page.locator(".row", { hasText: "열린 마당" }).click();
  assert.equal(await jun.waitForRoom(), room);
  await minji.waitForSystemLine("준님이 손님으로 들어왔어요.");
  await minji.member("준").locator(".mark", { hasText: "손님" }).waitFor();
  assert.equal(await minji.member("준").locator(".mark").count(), 1);
  await minji.page.locator(".composer__text").pressSequentially("@준");
  await minji.page.locator("#mentions small", { hasText: "손님" }).waitFor();
  // Somebody who joins without a page is in the list, too.
  const sora = await s.sora();
  await sora.createRoom("소라의 방");
  const status = await sora.page.evaluate(async (id) => (await fetch(`/api/rooms/${id}/members`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).status, room.split("/").at(-1));
  assert.ok(status < 300, String(status));
  await minji.member("소라").waitFor();
});

// F15
test("messages of someone who is blocked are folded, until they are unblocked", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("조용한 방", { lasting: true });
  await jun.join(room);
  await jun.send("광고예요");
  await minji.waitForMessage("광고예요");
  await minji.actOnMember("준", "차단하기");
  const bubble = minji.page.locator(".bubble", { hasText: "광고예요" });
  await bubble.waitFor({ state: "hidden" });
  await jun.send("또 광고예요");
  await minji.page.locator(".message__blocked").nth(1).waitFor();
  await minji.page.reload();
  await minji.waitForRoom();
  const folded = minji.page.locator(".message__blocked");
  assert.equal(await folded.count(), 2);
  await folded.first().getByRole("button", { name: "보기" }).click();
  await bubble.first().waitFor();
  await (await minji.openMemberMenu("준")).locator(".action--unblock button").click();
  await minji.page.locator(".bubble", { hasText: "또 광고예요" }).waitFor();
  assert.equal(await folded.count(), 0);
});

// F7, F8, F9
test("one press leaves no room and hands none over", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  await minji.page.goto("/");
  await minji.page.locator("[popovertarget=new-room]").first().click();
  assert.equal(await minji.page.locator("#new-room [name=ephemeral]:checked").getAttribute("value"), "", "a new room stays");
  await minji.page.keyboard.press("Escape");
  const room = await minji.createRoom("한 번으로는");
  await jun.join(room);
  const sheet = await jun.openRoomSheet("leave");
  await sheet.getByText("모두 나가면 사라지는 방이에요.").waitFor();
  assert.equal(await sheet.evaluate((dialog) => dialog.contains(document.activeElement)), true);
  await jun.page.keyboard.press("Escape");
  await sheet.waitFor({ state: "hidden" });
  for (const action of ["방장 넘기기", "내보내기", "내보내고 막기"]) {
    const actions = await minji.openMemberMenu("준");
    await actions.locator("summary").getByText(action, { exact: true }).click();
    await actions.locator("details[open] p").waitFor();
    // A ban has a reason and a time, and a removal a reason.
    const asked = { "방장 넘기기": [], 내보내기: ["reason"], "내보내고 막기": ["reason", "hours", "revokeInvites"] }[action];
    const fields = await actions.locator("details[open] :is(input:not([type=hidden]), select)").evaluateAll((all) => all.map(({ name }) => name));
    assert.deepEqual(fields, asked, action);
    await minji.page.keyboard.press("Escape");
  }
  await jun.send("아직 여기 있어요");
  await minji.waitForMessage("아직 여기 있어요");
  assert.equal(await minji.member("민지").getAttribute("data-role"), "owner");
});

test("a refused form keeps what was typed, and says why beside the field", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("잠긴 방", { lasting: true, password: "열려라 참깨" });
  const { page } = jun;
  await page.goto(room);
  await page.locator("[name=name]").fill("준이");
  await page.locator("[name=password]").fill("닫혀라 참깨");
  await page.getByRole("button", { name: "들어가기" }).click();
  await page.locator(".field", { has: page.locator("[name=password]") }).locator(".field__problem", { hasText: "비밀번호" }).waitFor();
  assert.equal(await page.locator("[name=name]").inputValue(), "준이");
  assert.equal(await page.evaluate(() => document.activeElement.name), "password");
  await page.locator("[name=password]").fill("열려라 참깨");
  await page.getByRole("button", { name: "들어가기" }).click();
  assert.equal(await jun.waitForRoom(), room);
  // A newcomer's page has a connection of its own at once.
  assert.equal(new URL(page.url()).search, "");
  assert.equal(await page.locator(".notice").count(), 0);

  const settings = await minji.openRoomSettings();
  await settings.locator("[name=title]").fill("더 잠긴 방");
  await settings.locator("[name=max]").fill("99999999");
  await settings.getByRole("button", { name: "저장" }).click();
  await settings.locator(".field", { has: minji.page.locator("[name=max]") }).locator(".field__problem").waitFor();
  assert.equal(await settings.locator("[name=title]").inputValue(), "더 잠긴 방");
  await settings.locator("[name=max]").fill("40");
  await settings.getByRole("button", { name: "저장" }).click();
  await minji.page.locator(".talk__title h1", { hasText: "더 잠긴 방" }).waitFor();
});

test("a guest is marked in the lobby, in direct rooms, while typing and in the switcher", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const { page } = minji;
  const room = await minji.createRoom("손님의 방", { lasting: true });
  const lobby = await jun.newPage();
  await lobby.goto("/");
  await lobby.locator(".row", { hasText: "손님의 방" }).locator("[data-field=guest]", { hasText: "손님" }).waitFor();
  await jun.join(room);
  await jun.page.locator(".composer__text").pressSequentially("쓰");
  await page.locator(".typing", { hasText: "준(손님)님이 쓰고 있어요" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.locator(".switcher input").fill("준");
  await page.locator(".switcher [role=option]", { hasText: "준" }).filter({ hasText: "손님" }).click();
  await page.locator(".room--direct .talk__head .mark", { hasText: "손님" }).waitFor();
  await page.locator(".my-room[data-kind=direct] [data-field=guest]").filter({ visible: true }).waitFor();
});
