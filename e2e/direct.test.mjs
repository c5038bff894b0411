// The list of the user's rooms, unread counts, and direct rooms.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

const row = (user, title) => user.page.locator(".my-room", { has: user.page.getByText(title, { exact: true }) });

test("unread messages of other rooms are counted live, in the list and in the title", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const tea = await minji.createRoom("차 마시는 방", { lasting: true });
  await jun.join(tea);
  const walk = await jun.createRoom("걷는 방", { lasting: true });
  await minji.send("거기 날씨 어때요?");
  await row(jun, "차 마시는 방").locator("[data-field=unread]").getByText("1", { exact: true }).waitFor();
  await row(jun, "차 마시는 방").getByText("민지: 거기 날씨 어때요?").waitFor();
  await minji.send("@준 들려요?");
  await row(jun, "차 마시는 방").locator("[data-field=mentions]").waitFor();
  await jun.page.waitForFunction(() => document.title === "(2) 걷는 방 · 마당");
  assert.match(await jun.page.locator("link[rel=icon]").getAttribute("href"), /favicon-unread/);
  assert.equal(await jun.page.locator(".my-room [data-field=title]").first().innerText(), "차 마시는 방");

  // The lobby shows the same, live.
  await jun.page.goto("/");
  await row(jun, "차 마시는 방").locator("[data-field=unread]").getByText("2", { exact: true }).waitFor();
  await minji.send("답이 없네요");
  await row(jun, "차 마시는 방").locator("[data-field=unread]").getByText("3", { exact: true }).waitFor();
  await row(jun, "차 마시는 방").click();
  await jun.waitForRoom();
  await jun.waitForMessage("답이 없네요");
  await row(jun, "차 마시는 방").locator("[data-field=unread]").waitFor({ state: "hidden" });
  assert.equal(await jun.page.title(), "차 마시는 방 · 마당");

  // A message read in one window is read in the other.
  const second = await jun.newPage();
  await second.goto(walk);
  await jun.waitForRoom(second);
  await minji.send("이제 보이죠?");
  await jun.waitForMessage("이제 보이죠?");
  await second.locator(".my-room", { hasText: "이제 보이죠?" }).locator("[data-field=unread]").waitFor({ state: "hidden" });
});

test("a direct room shows the presence of the other user", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("마당 앞", { lasting: true });
  await jun.join(room);
  await (await jun.openMemberMenu("민지")).getByText("대화하기").click();
  const direct = await jun.waitForRoom();
  assert.equal(await jun.page.locator("h1 [data-room-target=title]").innerText(), "민지");
  assert.equal(await jun.page.title(), "민지 · 마당");
  assert.equal(await jun.page.locator("#room-menu [popovertarget=leave]").textContent(), "목록에서 숨기기");
  for (const gone of ["#room-menu a[href$='/settings']", ".talk__people", "[data-controller=share]"]) {
    assert.equal(await jun.page.locator(gone).count(), 0, gone);
  }
  await jun.page.locator(".talk__seen").getByText("접속 중").waitFor();
  // The room appears in the other's list with its last message.
  await jun.send("잠깐 시간 있어요?");
  await row(minji, "준").getByText("잠깐 시간 있어요?").waitFor();
  await row(minji, "준").locator("[data-field=unread]").getByText("1", { exact: true }).waitFor();
  await row(minji, "준").click();
  await minji.page.waitForURL(`**${direct}`);
  await minji.waitForRoom();
  await minji.waitForMessage("잠깐 시간 있어요?");
  await minji.send("그럼요");
  await jun.waitForMessage("그럼요");

  // A hidden page is away; a closed one is offline.
  await minji.page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await jun.page.locator(".talk__seen").getByText("자리 비움").waitFor();
  await jun.page.locator(".my-room[data-presence=away]").waitFor();
  await minji.page.close();
  await jun.page.locator(".talk__seen").getByText("마지막 접속").waitFor();
  await jun.page.reload();
  await jun.waitForRoom();
  await jun.page.locator(".talk__seen").getByText("마지막 접속").waitFor();
  // Nobody else can join.
  const sora = await s.sora();
  await sora.page.goto(direct);
  await sora.page.waitForURL(/room_not_found/);
});

test("a stranger's direct room waits apart, uncounted, until it is accepted", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  await Promise.all([minji.createRoom("민지네"), jun.createRoom("준네")]);
  const userId = await minji.page.evaluate(async () => (await (await fetch("/api/me")).json()).id);
  const direct = await jun.page.evaluate(asksToTalk, { userId, text: "누구신지 모르지만 안녕하세요" });
  // Who asks does not see whether the other is there, not even in the first paint.
  const first = await (await jun.context.request.get(`/room/${direct}`)).text();
  assert.match(first, /class="talk__seen"[^>]*data-presence="offline"/);
  await jun.page.goto(`/room/${direct}`);
  await jun.waitForRoom();
  assert.equal(await jun.page.locator(".talk__seen span").filter({ visible: true }).count(), 0);
  await minji.page.goto("/");
  const requests = minji.page.locator(".requests");
  await requests.getByText("대화 요청").click();
  await requests.locator(".my-room").getByText("누구신지 모르지만 안녕하세요").waitFor();
  assert.doesNotMatch(await minji.page.title(), /^\(/);
  await requests.locator(".my-room").click();
  await minji.page.waitForURL(`**/room/${direct}`);
  await minji.waitForRoom();
  await minji.page.locator(".request:not(.read-only)").getByRole("button", { name: "수락" }).click();
  await minji.waitForRoom();
  await minji.page.locator(".request:not(.read-only)").waitFor({ state: "detached" });
  await minji.page.locator("[data-my-rooms-target=list] [data-field=title]").getByText("준", { exact: true }).waitFor();

  // An answer accepts too.
  const sora = await s.sora();
  await sora.createRoom("소라네");
  await sora.page.evaluate(asksToTalk, { userId, text: "저도 인사드려요" });
  await minji.page.goto("/");
  await requests.getByText("대화 요청").click();
  await requests.locator(".my-room").getByText("저도 인사드려요").click();
  await minji.waitForRoom();
  await minji.send("반가워요");
  await minji.page.locator(".request:not(.read-only)").waitFor({ state: "detached" });
  await minji.page.locator("[data-my-rooms-target=list] [data-field=title]").getByText("소라", { exact: true }).waitFor();
});

/** Runs in the page of a user: opens a direct room and writes there, as a script would. */
async function asksToTalk({ userId, text }) {
  const post = (path, body) => fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const room = await (await post("/api/direct", { userId })).json();
  await post(`/api/rooms/${room.id}/messages`, { text });
  return room.id;
}
