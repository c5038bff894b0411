// An account from its beginning to its end, through the pages: guest, account, owner, deleted.
// `tests/story/life.rs` does the same over REST and sockets.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();
const password = "a tree by the gate";
const next = "a gate by the tree";
const email = "minji@example.org";

test("from guest to account to owner to a deleted account, in two browsers", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("느티나무 아래", { lasting: true });
  await jun.join(room);
  await minji.send("아직 손님이에요");
  await jun.waitForMessage("아직 손님이에요");

  // Minji signs up and keeps her id; Jun sees it without a reload.
  const id = await jun.message("아직 손님이에요").getAttribute("data-user-id");
  await signsUp(minji, `/signup?next=${room}`);
  await minji.waitForRoom();
  assert.equal(await minji.message("아직 손님이에요").getAttribute("data-user-id"), id);
  await jun.member("민지").waitFor();

  // Send, edit, reply, react.
  await minji.send("내일 산에 가요");
  await minji.page.locator(".composer__text").press("ArrowUp");
  await minji.page.locator(".editor textarea").fill("모레 산에 가요");
  await minji.page.locator(".editor textarea").press("Enter");
  const plan = jun.page.locator(".message", { hasText: "모레 산에 가요" });
  await plan.locator(".edited").waitFor();
  await plan.hover();
  await jun.page.locator("#message-bar").getByRole("button", { name: "답장하기" }).click();
  await jun.send("@민지 김밥은 제가 쌀게요");
  const answer = minji.page.locator(".message.names-me", { hasText: "김밥은 제가 쌀게요" });
  await answer.locator(".reply").getByText("모레 산에 가요").waitFor();
  await answer.hover();
  await minji.page.locator("#message-bar").getByRole("button", { name: "반응하기" }).click();
  await minji.page.locator(".menu__quick").getByText("👍").click();
  await jun.page.locator(".message", { hasText: "김밥은 제가 쌀게요" }).locator(".reaction").getByText("👍").waitFor();

  // A second device.
  const phone = await s.user("민지", { viewport: { width: 390, height: 800 } });
  await logsIn(phone, `/login?next=${room}`, password);
  await phone.waitForRoom();
  await phone.send("전화로도 들어왔어요");
  await jun.waitForMessage("전화로도 들어왔어요");

  // A direct room, from the directory.
  await jun.page.goto("/people?q=ㅁㅈ");
  await jun.page.locator(".person", { hasText: "민지" }).locator("button").click();
  const direct = await jun.waitForRoom();
  await jun.send("둘이서만 이야기해요");
  await minji.page.locator(".my-room", { hasText: "둘이서만 이야기해요" }).click();
  await minji.page.waitForURL(`**${direct}`);
  await minji.waitForRoom();
  await minji.waitForMessage("둘이서만 이야기해요");
  await Promise.all([minji, jun].map((user) => user.page.goto(room)));
  await Promise.all([minji.waitForRoom(), jun.waitForRoom()]);

  // A file is sent and listed; an old message is found.
  const map = { name: "등산 지도.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\nthe way up") };
  await minji.page.locator(".composer [type=file]").setInputFiles(map);
  await minji.page.locator(".composer .upload-item__name").getByText(map.name).waitFor();
  await minji.page.locator(".button--send").click();
  await jun.page.locator(".message:not(.is-pending) .file", { hasText: map.name }).waitFor();
  await jun.page.goto(`${room}/files?kind=file`);
  await jun.page.getByText(map.name).first().waitFor();
  await jun.page.goto("/search?q=손님");
  assert.equal(await jun.page.locator(".hit mark").innerText(), "손님");
  await jun.page.locator(".hit__link").click();
  await jun.waitForRoom();
  await jun.waitForMessage("아직 손님이에요");
  await jun.page.goto(room);
  await jun.waitForRoom();

  // A new password logs the phone out.
  const desk = await minji.newPage();
  await desk.goto("/me");
  await desk.locator("summary", { hasText: "비밀번호 바꾸기" }).click();
  await desk.locator("[name=current]").fill(password);
  await desk.locator('form[action="/me/password"] [name=password]').fill(next);
  await desk.locator('form[action="/me/password"] .button--primary').click();
  await desk.locator(".notice--good").waitFor();
  // The room's script leads away from the room; a page opened before that would be left again.
  await phone.page.locator(".composer").waitFor({ state: "detached" });
  await phone.page.goto("/me");
  await phone.page.waitForURL((url) => url.pathname === "/login");

  // Jun becomes the owner; Minji leaves the room and deletes her account.
  await minji.actOnMember("준", "방장 넘기기");
  await jun.page.locator(".room[data-role=owner].is-live").waitFor();
  await minji.waitForRoom();
  await minji.leave();
  await jun.waitForSystemLine("민지님이 나갔어요.");
  await desk.goto("/me");
  await desk.locator("summary#leave").click();
  const leaving = desk.locator('form[action="/me/delete"]');
  await leaving.locator("[name=password]").fill(next);
  await leaving.locator("[type=checkbox]").check();
  await leaving.locator(".button--danger").click();
  await desk.getByText("계정을 삭제했어요. 그동안 고마웠어요.").waitFor();

  // Her messages stay, without her name.
  await jun.page.goto(room);
  await jun.waitForRoom();
  await jun.waitForMessage("아직 손님이에요");
  await jun.message("아직 손님이에요").getByText("떠난 사람").waitFor();
  assert.equal(await jun.page.locator(`.messages [data-message][data-user-id="${id}"]`).count(), 0);
  await jun.page.goto(direct);
  await jun.waitForRoom();
  await jun.waitForMessage("둘이서만 이야기해요");

  // The e-mail address is free again.
  const other = await s.sora();
  await signsUp(other, "/signup", "새 이웃");
  await other.page.goto("/me");
  assert.equal(await other.page.locator('form[action="/me"] [name=name]').inputValue(), "새 이웃");
});

async function signsUp({ page }, path, name) {
  await page.goto(path);
  if (name) await page.locator("[name=name]").fill(name);
  await page.locator("[name=email]").fill(email);
  await page.locator("[name=password]").fill(password);
  await page.locator("main .button--primary").click();
  await page.waitForURL((url) => url.pathname !== "/signup");
}

async function logsIn({ page }, path, secret) {
  await page.goto(path);
  await page.locator("[name=email]").fill(email);
  await page.locator("[name=password]").fill(secret);
  await page.locator("main .button--primary").click();
}
