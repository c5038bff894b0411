// After a crash, a lost connection or a lost response no message is missing and none is doubled.
import assert from "node:assert/strict";
import { gif } from "./support/images.mjs";
import { setup, test } from "./support/setup.mjs";

const s = setup();

test("after kill -9 a lasting room shows all messages, and open pages reconnect", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("오래된 방", { lasting: true });
  await jun.join(room);
  for (const text of ["하나", "둘", "셋"]) await minji.send(text);
  await jun.send("넷");
  await minji.page.locator(".composer [type=file]").setInputFiles({ name: "추억.gif", mimeType: "image/gif", buffer: gif() });
  await minji.page.locator(".button--send").click();
  await jun.page.locator(".message:not(.is-pending) .picture").waitFor();
  const before = await jun.messages();

  await s.server.kill();
  await minji.page.locator(".bar").getByText("연결이 끊겨 다시 연결하고 있어요…").waitFor();
  // A message sent meanwhile waits, and is stored once.
  await minji.page.locator(".composer__text").fill("거기 있어?");
  await minji.page.locator(".composer__text").press("Enter");
  await minji.page.locator(".is-pending").getByText("거기 있어?").waitFor();
  await s.server.start();
  await Promise.all([minji.waitUntilLive(), jun.waitUntilLive()]);
  await Promise.all([minji.waitForMessage("거기 있어?"), jun.waitForMessage("거기 있어?")]);
  await jun.send("응, 여기");
  await minji.waitForMessage("응, 여기");
  const expected = [...before, "거기 있어?", "응, 여기"];
  assert.deepEqual(await jun.messages(), expected);
  assert.deepEqual(await minji.messages(), expected);

  // A new page shows the same, with the picture.
  const fresh = await jun.newPage();
  await fresh.goto(room);
  await jun.waitForRoom(fresh);
  assert.deepEqual(await jun.messages(fresh), expected);
  const url = await fresh.locator(".picture").getAttribute("href");
  assert.equal((await jun.context.request.get(url)).status(), 200);
  await minji.waitForOnlineCount(2);
});

test("messages sent while offline arrive once", async () => {
  const proxy = await s.proxy();
  const [minji, jun] = await Promise.all([s.minji(), s.jun({}, proxy.url)]);
  const room = await minji.createRoom("끊어진 줄", { lasting: true });
  await jun.join(room);
  await jun.send("여보세요");
  proxy.disconnect();
  await jun.page.locator(".bar").waitFor();
  for (const text of ["들려?", "안 들리나 봐"]) {
    await jun.page.locator(".composer__text").fill(text);
    await jun.page.locator(".composer__text").press("Enter");
  }
  assert.equal(await jun.page.locator(".is-pending").count(), 2);
  await minji.send("준이 조용하네");
  // Pending messages outlive a reload.
  proxy.restore();
  await jun.page.reload();
  await jun.waitForRoom();
  await minji.waitForMessage("안 들리나 봐");
  await jun.waitForMessage("안 들리나 봐");
  await jun.send("다시 왔어");
  await minji.waitForMessage("다시 왔어");
  const expected = ["여보세요", "준이 조용하네", "들려?", "안 들리나 봐", "다시 왔어"];
  for (const user of [minji, jun]) assert.deepEqual((await user.messages()).slice(-5), expected);
});

test("a message whose response was lost is sent again and stored once", async () => {
  const proxy = await s.proxy();
  const [minji, jun] = await Promise.all([s.minji(), s.jun({}, proxy.url)]);
  const room = await minji.createRoom("잃어버린 답", { lasting: true });
  await jun.join(room);
  proxy.dropResponses();
  await jun.page.locator(".composer__text").fill("도착했을까");
  await jun.page.locator(".composer__text").press("Enter");
  await minji.waitForMessage("도착했을까");
  assert.equal(await jun.page.locator(".is-pending").count(), 1);
  await minji.send("도착했어");
  proxy.disconnect();
  proxy.restore();
  await jun.waitForMessage("도착했어");
  await jun.waitForMessage("도착했을까");
  await jun.send("다행이다");
  await minji.waitForMessage("다행이다");
  for (const user of [minji, jun]) {
    assert.deepEqual((await user.messages()).slice(-3), ["도착했을까", "도착했어", "다행이다"]);
  }
  assert.equal(await jun.page.locator(".is-pending").count(), 0);
});

test("where no WebSocket gets through, a room is live by polling", async () => {
  const proxy = await s.proxy();
  proxy.refuseUpgrades();
  const [minji, jun] = await Promise.all([s.minji(), s.jun({}, proxy.url)]);
  const room = await minji.createRoom("막힌 곳");
  await jun.join(room);
  await jun.send("들리나요");
  await minji.waitForMessage("들리나요");
  await minji.send("잘 들려요");
  await jun.waitForMessage("잘 들려요");
});
