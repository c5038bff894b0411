// The life of somebody who stays, through the pages: from a guest to an owner who hands over the keys
// and leaves. `tests/story/life.rs` tells the same over REST and sockets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./support/stage.mjs";

const s = stage();
const password = "a tree by the gate";
const next = "a gate by the tree";
const email = "minji@example.org";

test("a life from guest to owner to leaving, in two browsers", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.opens("느티나무 아래", { lasting: true });
  await jun.enters(room);
  await minji.says("아직 손님이에요");
  await jun.hears("아직 손님이에요");

  // She signs up and is who she was, for jun without a reload.
  const id = await jun.message("아직 손님이에요").getAttribute("data-user-id");
  await signsUp(minji, `/signup?next=${room}`);
  await minji.isIn();
  assert.equal(await minji.message("아직 손님이에요").getAttribute("data-user-id"), id);
  await jun.member("민지").waitFor();

  // Said, mended, answered, reacted to.
  await minji.says("내일 산에 가요");
  await minji.page.locator(".composer__text").press("ArrowUp");
  await minji.page.locator(".composer__about").waitFor();
  await minji.page.locator(".composer__text").fill("모레 산에 가요");
  await minji.page.locator(".composer__text").press("Enter");
  const plan = jun.page.locator(".message", { hasText: "모레 산에 가요" });
  await plan.locator(".edited").waitFor();
  await plan.hover();
  await jun.page.locator("#acts").getByRole("button", { name: "답장하기" }).click();
  await jun.says("@민지 김밥은 제가 쌀게요");
  const answer = minji.page.locator(".message.names-me", { hasText: "김밥은 제가 쌀게요" });
  await answer.locator(".reply").getByText("모레 산에 가요").waitFor();
  await answer.hover();
  await minji.page.locator("#acts").getByRole("button", { name: "반응하기" }).click();
  await minji.page.locator(".menu__quick").getByText("👍").click();
  await jun.page.locator(".message", { hasText: "김밥은 제가 쌀게요" }).locator(".reaction").getByText("👍").waitFor();

  // A second device, to which all of it is known.
  const phone = await s.call("민지", { viewport: { width: 390, height: 800 } });
  await logsIn(phone, `/login?next=${room}`, password);
  await phone.isIn();
  await phone.says("전화로도 들어왔어요");
  await jun.hears("전화로도 들어왔어요");

  // A conversation of two, found in the list of those who stay.
  await jun.page.goto("/people?q=ㅁㅈ");
  await jun.page.locator(".person", { hasText: "민지" }).locator("button").click();
  const direct = await jun.isIn();
  await jun.says("둘이서만 이야기해요");
  await minji.page.locator(".mine-row", { hasText: "둘이서만 이야기해요" }).click();
  assert.equal(await minji.isIn(), direct);
  await minji.hears("둘이서만 이야기해요");
  await Promise.all([minji, jun].map((person) => person.page.goto(room)));
  await Promise.all([minji.isIn(), jun.isIn()]);

  // The map is shared and gathered; an old word is found.
  const map = { name: "등산 지도.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\nthe way up") };
  await minji.page.locator(".composer [type=file]").setInputFiles(map);
  await minji.page.locator(".composer .parcel__name").getByText(map.name).waitFor();
  await minji.page.locator(".button--send").click();
  await jun.page.locator(".message:not(.is-pending) .file", { hasText: map.name }).waitFor();
  await jun.page.goto(`${room}/files?kind=file`);
  await jun.page.getByText(map.name).first().waitFor();
  await jun.page.goto("/search?q=손님");
  assert.equal(await jun.page.locator(".hit mark").innerText(), "손님");
  await jun.page.locator(".hit__link").click();
  await jun.isIn();
  await jun.hears("아직 손님이에요");
  await jun.page.goto(room);
  await jun.isIn();

  // Another password: the phone is out by itself.
  const desk = await minji.window();
  await desk.goto("/me");
  await desk.locator("summary", { hasText: "비밀번호 바꾸기" }).click();
  await desk.locator("[name=current]").fill(password);
  await desk.locator('form[action="/me/password"] [name=password]').fill(next);
  await desk.locator('form[action="/me/password"] .button--primary').click();
  await desk.locator(".notice--good").waitFor();
  await phone.page.locator(".room.is-live").waitFor({ state: "detached" });
  await phone.page.goto("/me");
  await phone.page.waitForURL((url) => url.pathname === "/login");

  // The keys go to jun; she leaves the room and the house.
  await (await minji.picks("준")).getByText("방장 넘기기").click();
  await jun.page.locator(".room[data-role=owner].is-live").waitFor();
  await minji.isIn();
  await minji.leaves();
  await jun.reads("민지님이 퇴장하셨습니다.");
  await desk.goto("/me");
  await desk.locator("summary#leave").click();
  const leaving = desk.locator('form[action="/me/delete"]');
  await leaving.locator("[name=password]").fill(next);
  await leaving.locator("[type=checkbox]").check();
  await leaving.locator(".button--danger").click();
  await desk.getByText("떠났어요. 그동안 고마웠어요.").waitFor();

  // What she said stays, as nobody's.
  await jun.page.goto(room);
  await jun.isIn();
  await jun.hears("아직 손님이에요");
  await jun.message("아직 손님이에요").getByText("떠난 사람").waitFor();
  assert.equal(await jun.page.locator(`.messages [data-message][data-user-id="${id}"]`).count(), 0);
  await jun.page.goto(direct);
  await jun.isIn();
  await jun.hears("둘이서만 이야기해요");

  // The e-mail is free for somebody new.
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
