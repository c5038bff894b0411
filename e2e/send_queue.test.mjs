// Nothing that was written is lost: messages wait in the browser, with their files, and drafts stay.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { png } from "./support/images.mjs";
import { launchIn, setup, test } from "./support/setup.mjs";

const s = setup();
const note = (name, content = name) => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) });

/** Two users in a lasting room; the second comes by a proxy whose line a test can cut. */
async function two(title) {
  const proxy = await s.proxy();
  const [minji, jun] = await Promise.all([s.minji(), s.jun({}, proxy.url)]);
  const room = await minji.createRoom(title, { lasting: true });
  await jun.join(room);
  return { minji, jun, room, proxy };
}

async function write(user, text, page = user.page) {
  await page.locator(".composer__text").fill(text);
  await page.locator(".composer__text").press("Enter");
}

// F1, F5
test("messages of a closed tab go out from the next one, with their files, in order and once", async () => {
  const { minji, jun, room, proxy } = await two("끊긴 줄");
  proxy.disconnect();
  await jun.page.locator(".bar").waitFor();
  await write(jun, "하나");
  await write(jun, "둘");
  await jun.page.locator(".composer [type=file]").setInputFiles(note("셋.txt"));
  await write(jun, "셋");
  const waiting = jun.page.locator(".is-pending .message__state", { hasText: "연결되면 보낼게요" });
  await waiting.nth(2).waitFor();
  assert.equal(await jun.page.locator(".message__failed").count(), 0);
  // What waits can be taken back.
  await write(jun, "말하지 말걸");
  await waiting.nth(3).locator("button").click();
  await jun.page.locator(".is-pending", { hasText: "말하지 말걸" }).waitFor({ state: "detached" });
  await jun.page.close();
  proxy.restore();
  jun.page = await jun.newPage();
  await jun.page.goto(room);
  await jun.waitForRoom();
  await minji.message("셋").locator(".file", { hasText: "셋.txt" }).waitFor();
  await jun.page.locator(".is-pending").first().waitFor({ state: "detached" });
  await jun.send("다시 왔어요");
  await minji.waitForMessage("다시 왔어요");
  for (const user of [minji, jun]) assert.deepEqual((await user.messages()).slice(-4), ["하나", "둘", "셋", "다시 왔어요"]);
});

test("a message with a file does not overtake the texts before it", async () => {
  const { minji, jun, proxy } = await two("차례대로");
  proxy.disconnect();
  await jun.page.locator(".bar").waitFor();
  const texts = Array.from({ length: 12 }, (_, number) => `${number + 1}번째`);
  for (const text of texts) await write(jun, text);
  await jun.page.locator(".composer [type=file]").setInputFiles(note("끝.txt"));
  await write(jun, "끝");
  // Nor do the texts behind it overtake it, which waited with it.
  await write(jun, "그 뒤");
  await jun.page.locator(".is-pending").nth(texts.length + 1).waitFor();
  proxy.restore();
  await minji.waitForMessage("그 뒤");
  await minji.message("끝").locator(".file", { hasText: "끝.txt" }).waitFor();
  await jun.page.locator(".is-pending").first().waitFor({ state: "detached" });
  for (const user of [minji, jun]) assert.deepEqual((await user.messages()).slice(-14), [...texts, "끝", "그 뒤"]);
});

test("a message and a draft outlive a restart of the browser", async () => {
  const proxy = await s.proxy();
  const minji = await s.minji();
  const room = await minji.createRoom("껐다 켜도", { lasting: true });
  const folder = await mkdtemp(join(tmpdir(), "madang-profile-"));
  let jun = await launchIn(folder, "준", proxy.url);
  try {
    await jun.join(room);
    proxy.disconnect();
    await jun.page.locator(".bar").waitFor();
    await write(jun, "꺼지기 전에 한 말");
    await jun.page.locator(".is-pending .message__state", { hasText: "연결되면 보낼게요" }).waitFor();
    await jun.page.locator(".composer__text").fill("쓰다 만 글");
    // A draft is stored a moment after it was typed.
    await jun.page.waitForFunction((text) => Object.values(localStorage).some((value) => value.includes(text)), "쓰다 만 글");
    await jun.context.close();
    proxy.restore();
    jun = await launchIn(folder, "준", proxy.url);
    await jun.page.goto(room);
    await jun.waitForRoom();
    await minji.waitForMessage("꺼지기 전에 한 말");
    assert.equal(await jun.page.locator(".composer__text").inputValue(), "쓰다 만 글");
    jun.assertNoErrors();
  } finally {
    await jun.context.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test("two tabs send one after the other, and show the same", async () => {
  const { minji, jun, room, proxy } = await two("두 창");
  const second = await jun.newPage();
  await second.goto(room);
  await jun.waitForRoom(second);
  proxy.disconnect();
  await jun.page.locator(".bar").waitFor();
  for (const text of ["가", "나", "다"]) await write(jun, text);
  await second.locator(".is-pending").nth(2).waitFor();
  proxy.restore();
  await minji.waitForMessage("다");
  for (const page of [jun.page, second]) {
    await jun.waitForMessage("다", page);
    await page.locator(".is-pending").first().waitFor({ state: "detached" });
  }
  await minji.send("다 왔어요");
  for (const page of [jun.page, second]) {
    await jun.waitForMessage("다 왔어요", page);
    assert.deepEqual((await jun.messages(page)).slice(-4), ["가", "나", "다", "다 왔어요"]);
  }
});

// F4
test("an upload goes on while one moves about, and after a reload", async () => {
  const minji = await s.minji();
  const room = await minji.createRoom("큰 파일", { lasting: true });
  const { page } = minji;
  const line = await minji.context.newCDPSession(page);
  const limit = (uploadThroughput) => line.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
  await line.send("Network.enable");
  await limit(20_000);
  await page.locator(".composer [type=file]").setInputFiles({ name: "큰 그림.png", mimeType: "image/png", buffer: png(300) });
  await write(minji, "오래 걸리는 것");
  await page.waitForFunction(() => (document.querySelector(".is-pending progress:not([hidden])")?.value ?? 0) > 0);
  await page.locator(".side--rooms .wordmark").click();
  await page.waitForURL((url) => url.pathname === "/");
  await page.reload();
  await limit(-1);
  // From the lobby, where no room is open.
  await page.locator(".my-room", { hasText: "오래 걸리는 것" }).waitFor();
  await page.goto(room);
  await minji.message("오래 걸리는 것").locator("[data-picture]").waitFor();
  assert.equal(await page.locator(".is-pending").count(), 0);
});

// F2
test("a draft stays with its answer and its files", async () => {
  const minji = await s.minji();
  const room = await minji.createRoom("쓰다 만 글", { lasting: true });
  const { page } = minji;
  await minji.send("몇 시에 만나요?");
  const text = page.locator(".composer__text");
  const check = async () => {
    await page.locator(".composer__about").getByText("민지님에게 답장").waitFor();
    await page.locator(".composer .upload-item", { hasText: "약도.txt" }).waitFor();
    assert.equal(await text.inputValue(), "다섯 시에");
  };
  await minji.message("몇 시에 만나요?").hover();
  await page.locator("#message-bar").getByRole("button", { name: "답장하기" }).click();
  await page.locator(".composer [type=file]").setInputFiles(note("약도.txt"));
  await text.pressSequentially("다섯 시에");
  await check();
  await page.reload();
  await minji.waitForRoom();
  await check();
  await page.locator(".side--rooms .wordmark").click();
  await page.waitForURL((url) => url.pathname === "/");
  await page.locator(".my-room").click();
  await page.waitForURL(`**${room}`);
  await check();
  await text.press("Enter");
  await minji.message("다섯 시에").locator(".file").waitFor();
  await page.reload();
  await minji.waitForRoom();
  assert.equal(await text.inputValue(), "");
  assert.equal(await page.locator(".composer .upload-item").count(), 0);
});

// F6, F24
test("a text that is too long goes as a file, and an empty file stops no other", async () => {
  const minji = await s.minji();
  await minji.createRoom("긴 글");
  const { page } = minji;
  const long = "가나다라 ".repeat(2_400);
  await page.locator(".composer__text").fill(long);
  const offer = page.locator(".composer__long");
  await offer.getByText("12,000").waitFor();
  await page.locator(".composer__text").press("Enter");
  assert.equal(await page.locator(".message").count(), 0);
  await offer.locator("button").click();
  await page.locator(".composer .upload-item", { hasText: "긴 글.txt" }).waitFor();
  assert.equal(await offer.isVisible(), false);
  await page.locator(".composer [type=file]").setInputFiles([note("빈.txt", ""), note("찬.txt")]);
  await page.locator("#toast").getByText("빈.txt: 빈 파일이라 보낼 수 없어요.").waitFor();
  await page.locator(".button--send").click();
  const sent = page.locator(".message:not(.is-pending) .file");
  await sent.nth(1).waitFor();
  assert.deepEqual(await sent.locator(".file__name").allTextContents(), ["긴 글.txt", "찬.txt"]);
  const stored = await minji.context.request.get(await sent.first().getAttribute("href"));
  assert.equal(await stored.text(), long);
});
