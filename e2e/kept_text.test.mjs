// What was written stays where it belongs: drafts of two tabs, edits in progress, failed messages. And who has left stays away.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

async function write(user, text, page = user.page) {
  await page.locator(".composer__text").fill(text);
  await page.locator(".composer__text").press("Enter");
}

test("two tabs of a room share one draft, and neither wipes the other's", async () => {
  const minji = await s.minji();
  const room = await minji.createRoom("두 초안", { lasting: true });
  const other = await minji.newPage();
  await other.goto(room);
  await minji.waitForRoom(other);
  await minji.page.locator(".composer__text").fill("회의록 초안 길게");
  const follows = (text) => other.waitForFunction((text) => document.querySelector(".composer__text").value === text, text);
  await follows("회의록 초안 길게");
  // A tab that goes away has written nothing.
  await other.goto("/");
  await minji.page.reload();
  await minji.waitForRoom();
  assert.equal(await minji.page.locator(".composer__text").inputValue(), "회의록 초안 길게");
  await other.goto(room);
  await minji.waitForRoom(other);
  await minji.page.locator(".composer__text").press("Enter");
  await minji.waitForMessage("회의록 초안 길게");
  await follows("");
});

test("an edit in progress outlives a reload and a flood, and Alt with an arrow opens none", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("고치던 글", { lasting: true });
  await jun.join(room);
  await minji.send("처음 글");
  const text = minji.page.locator(".composer__text");
  await text.press("Alt+ArrowUp");
  await text.press("ArrowUp");
  const editor = minji.page.locator(".editor textarea");
  await editor.fill("고치던 글이에요");
  await minji.page.reload();
  await minji.waitForRoom();
  await editor.waitFor();
  assert.equal(await editor.inputValue(), "고치던 글이에요");
  await jun.page.evaluate(
    async ({ id, count }) => {
      for (let n = 1; n <= count; n += 1) {
        await fetch(`/api/rooms/${id}/messages`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text: `말 ${n}` }) });
      }
    },
    { id: room.split("/").at(-1), count: 350 },
  );
  await minji.waitForMessage("말 350");
  assert.equal(await editor.inputValue(), "고치던 글이에요");
  await editor.press("Enter");
  await editor.waitFor({ state: "detached" });
  await jun.page.goto(room);
  const search = await jun.page.evaluate(async (id) => (await fetch(`/api/rooms/${id}/messages?around=3&limit=10`)).json(), room.split("/").at(-1));
  assert.ok(search.messages.some(({ text }) => text === "고치던 글이에요"), JSON.stringify(search.messages.map(({ text }) => text)));
});

test("a tab that slept does not bring back who has left", async () => {
  const proxy = await s.proxy();
  const [minji, jun] = await Promise.all([s.minji(), s.jun({}, proxy.url)]);
  const room = await minji.createRoom("나간 사람", { lasting: true });
  await jun.join(room);
  proxy.disconnect();
  await jun.page.locator(".bar").waitFor();
  await write(jun, "대기 중이던 글");
  // Another device of the same user: a cookie is for every port.
  const other = await jun.newPage();
  await other.goto(s.server.url + room);
  await jun.waitForRoom(other);
  await other.locator(".talk__more").click();
  await other.locator("#room-menu [popovertarget=leave]").click();
  await other.locator("#leave button[type=submit], #leave .button--danger").first().click();
  await other.waitForURL((url) => url.pathname === "/");
  await minji.waitForSystemLine("나갔어요");
  proxy.restore();
  // The page shows the way in again, with the reason, and what waited is not lost.
  await jun.page.locator(".narrow .button--primary").waitFor();
  const { members } = await minji.page.evaluate(async (id) => (await fetch(`/api/rooms/${id}/members`)).json(), room.split("/").at(-1));
  assert.deepEqual(members.map(({ user }) => user.name), ["민지"]);
});

test("what failed stays where it was written, also after a reload", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("실패한 자리", { lasting: true });
  await jun.join(room);
  await jun.send("앞의 말");
  const broken = { name: "broken.jpg", mimeType: "image/jpeg", buffer: Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]), Buffer.from("JFIF\0 and no picture")]) };
  await jun.page.locator(".composer [type=file]").setInputFiles(broken);
  await write(jun, "실패할 사진");
  await jun.page.locator(".message__failed").waitFor();
  await minji.send("그 뒤의 말");
  await jun.waitForMessage("그 뒤의 말");
  const order = () => jun.page.locator("[data-message]:not(.line) [data-field=text]").allTextContents();
  const expected = ["앞의 말", "실패할 사진", "그 뒤의 말"];
  assert.deepEqual((await order()).map((text) => text.trim()), expected);
  await jun.page.reload();
  await jun.waitForRoom();
  await jun.page.locator(".message__failed").waitFor();
  assert.deepEqual((await order()).map((text) => text.trim()), expected);
});
