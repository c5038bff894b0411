// Files: several in a message, cancel, retry, limits, players, and the pages that list them.
import assert from "node:assert/strict";
import { gif, png } from "./support/images.mjs";
import { setup, test } from "./support/setup.mjs";

const s = setup();
const text = (name, content = name) => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) });
const picture = (name, side) => ({ name, mimeType: "image/png", buffer: png(side) });

async function attach(user, ...files) {
  await user.page.locator(".composer [type=file]").setInputFiles(files);
}

async function sendFiles(user, ...files) {
  await attach(user, ...files);
  await user.page.locator(".button--send").click();
}

/** Limits the upload to some bytes a second; -1 lifts the limit. */
async function limitUpload(user, bytes) {
  user.line ??= await user.context.newCDPSession(user.page);
  await user.line.send("Network.enable");
  await user.line.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes });
}

const file = (user, name) => user.page.locator(".message:not(.is-pending) .file", { hasText: name });
const uploadItem = (user, where, name) => user.page.locator(`${where} .upload-item`, { hasText: name });

test("several files of any type are sent with one message and downloaded unchanged", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("자료실");
  await jun.join(room);
  await attach(minji, text("회의록.txt", "첫 줄\n"), picture("하늘.png"));
  await attach(minji, { name: "모음.zip", mimeType: "application/zip", buffer: Buffer.from("PK\x03\x04") });
  await uploadItem(minji, ".composer", "하늘.png").locator("img").waitFor();
  assert.deepEqual(await minji.page.locator(".composer .upload-item__name").allTextContents(), ["회의록.txt", "하늘.png", "모음.zip"]);
  await minji.page.locator(".composer__text").fill("오늘 자료예요");
  await minji.page.locator(".composer__text").press("Enter");
  await jun.waitForMessage("오늘 자료예요");
  const message = jun.message("오늘 자료예요");
  assert.equal(await message.locator(".file").count(), 2);
  assert.equal(await message.locator("[data-picture]").count(), 1);
  assert.match(await file(jun, "모음.zip").innerText(), /ZIP · 4 B/);
  const [download] = await Promise.all([jun.page.waitForEvent("download"), file(jun, "회의록.txt").click()]);
  assert.equal(download.suggestedFilename(), "회의록.txt");
  const saved = await jun.context.request.get(await file(jun, "회의록.txt").getAttribute("href"));
  assert.equal(await saved.text(), "첫 줄\n");
  assert.match(saved.headers()["content-disposition"], /^attachment; filename\*=UTF-8''/);
  assert.equal(await minji.page.locator(".composer .upload-item").count(), 0);
});

test("an upload can be cancelled, one file or all", async () => {
  const minji = await s.minji();
  await minji.createRoom("되돌리기");
  await limitUpload(minji, 20_000);
  await sendFiles(minji, picture("큰 그림.png", 300), text("작은 글.txt"));
  await minji.page.waitForFunction(() => {
    const bar = document.querySelector(".is-pending progress:not([hidden])");
    return bar && bar.value > 0 && bar.value < 1;
  });
  await uploadItem(minji, ".is-pending", "큰 그림.png").locator("button").click();
  await file(minji, "작은 글.txt").waitFor();
  assert.equal(await minji.page.locator("[data-picture]").count(), 0);
  await sendFiles(minji, picture("다른 그림.png", 300));
  await uploadItem(minji, ".is-pending", "다른 그림.png").locator("button").click();
  await minji.page.locator(".is-pending").waitFor({ state: "detached" });
  await limitUpload(minji, -1);
  await minji.send("그림은 없던 일로 해요");
  assert.equal(await minji.page.locator(".message").count(), 2);
});

test("a failed upload is retried and stored once", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("다시 보내기");
  await jun.join(room);
  let fails = 1;
  const refusal = { status: 415, json: { code: "unsupported_type", message: "" } };
  await minji.page.route("**/api/uploads", (route) => (fails-- > 0 ? route.fulfill(refusal) : route.continue()));
  await attach(minji, text("하나.txt"), text("둘.txt"));
  await minji.page.locator(".composer__text").fill("두 개");
  await minji.page.locator(".button--send").click();
  await minji.page.locator(".message__failed").getByText("다시 보내기").click();
  await jun.waitForMessage("두 개");
  await file(jun, "하나.txt").waitFor();
  await minji.page.locator(".is-pending").waitFor({ state: "detached" });
  assert.deepEqual(await jun.page.locator(".file__name").allTextContents(), ["하나.txt", "둘.txt"]);
  assert.equal(await jun.page.locator(".message").count(), 1);
});

test("too many files, and files that are too large, are refused", async () => {
  const minji = await s.minji();
  await minji.createRoom("너무 많아요");
  await attach(minji, ...Array.from({ length: 11 }, (_, n) => text(`${n}.txt`)));
  await minji.page.locator("#toast").getByText("10개까지").waitFor();
  assert.equal(await minji.page.locator(".composer .upload-item").count(), 10);
  for (let left = 10; left > 0; left -= 1) await minji.page.locator(".composer .upload-item button").first().click();
  await minji.page.evaluate(() => (document.querySelector("#composer").dataset["attachMaxValue"] = "3"));
  await attach(minji, text("큰.txt", "네 글자"));
  await minji.page.locator("#toast").getByText("큰.txt: 파일이 너무 커요. 3 B까지 보낼 수 있어요.").waitFor();
  assert.equal(await minji.page.locator(".composer .upload-item").count(), 0);
});

test("the lightbox turns by keys, buttons and swipes", async () => {
  const minji = await s.minji({ hasTouch: true });
  await minji.createRoom("사진첩");
  await sendFiles(minji, picture("하나.png"), picture("둘.png"));
  await minji.page.locator(".message:not(.is-pending) [data-picture]").nth(1).waitFor();
  await sendFiles(minji, { name: "셋.gif", mimeType: "image/gif", buffer: gif() });
  const pictures = minji.page.locator(".message:not(.is-pending) [data-picture]");
  await pictures.nth(2).waitFor();
  const box = minji.page.locator("#lightbox");
  const shows = async (name, place) => {
    await box.getByText(name, { exact: true }).waitFor();
    await box.getByText(place, { exact: true }).waitFor();
    await minji.page.waitForFunction(() => {
      const picture = document.querySelector(".lightbox__picture");
      return picture.complete && picture.naturalWidth > 0;
    });
  };
  await pictures.nth(1).click();
  await shows("둘.png", "2 / 3");
  await minji.page.keyboard.press("ArrowLeft");
  await shows("하나.png", "1 / 3");
  assert.equal(await box.locator("[data-lightbox-target=previous]").isVisible(), false, "there is none before the first");
  await minji.page.keyboard.press("ArrowLeft");
  await minji.page.keyboard.press("ArrowRight");
  await shows("둘.png", "2 / 3");
  const finger = await minji.context.newCDPSession(minji.page);
  const touch = (type, x) => finger.send("Input.dispatchTouchEvent", { type, touchPoints: x === undefined ? [] : [{ x, y: 300 }] });
  await touch("touchStart", 500);
  await touch("touchMove", 300);
  await touch("touchEnd");
  await shows("셋.gif", "3 / 3");
  const get = box.locator("[data-lightbox-target=get]");
  const [download] = await Promise.all([minji.page.waitForEvent("download"), get.click()]);
  assert.equal(download.suggestedFilename(), "셋.gif");
  await box.locator("[data-lightbox-target=previous]").click();
  await shows("둘.png", "2 / 3");
  await minji.page.keyboard.press("Escape");
  await box.waitFor({ state: "hidden" });
  assert.ok(await pictures.nth(1).evaluate((link) => link === document.activeElement), "back to the picture that was shown");
});

test("audio and video play in the message", async () => {
  const minji = await s.minji();
  await minji.createRoom("노래방");
  const second = 8_000;
  const wave = Buffer.alloc(44 + second);
  wave.write("RIFF", 0);
  wave.writeUInt32LE(36 + second, 4);
  wave.write("WAVEfmt ", 8);
  for (const [at, value] of [[16, 16], [24, 8_000], [28, 8_000], [40, second]]) wave.writeUInt32LE(value, at);
  for (const [at, value] of [[20, 1], [22, 1], [32, 1], [34, 8]]) wave.writeUInt16LE(value, at);
  wave.write("data", 36);
  wave.fill(128, 44);
  await sendFiles(minji, { name: "노래.wav", mimeType: "audio/wav", buffer: wave });
  const song = minji.page.locator("audio.player");
  await song.waitFor();
  const length = await song.evaluate(
    (audio) =>
      new Promise((resolve, reject) => {
        audio.addEventListener("loadedmetadata", () => resolve(audio.duration));
        audio.addEventListener("error", () => reject(new Error(audio.error.message)));
        audio.load();
        audio.preload = "metadata";
      }),
  );
  assert.equal(length, 1);
  await sendFiles(minji, { name: "영화.webm", mimeType: "video/webm", buffer: Buffer.from([0x1a, 0x45, 0xdf, 0xa3, ...Buffer.from("B\x82\x84webm")]) });
  await minji.page.locator("video.player").waitFor();
});

test("a page lists the files of a room, with and without JavaScript", async () => {
  const [minji, plain] = await Promise.all([s.minji(), s.jun({ javaScriptEnabled: false })]);
  const room = await minji.createRoom("모아 보기", { lasting: true });
  await sendFiles(minji, picture("하늘.png"), picture("바다.png"), text("회의록.txt"));
  await file(minji, "회의록.txt").waitFor();
  await minji.page.locator(".talk__more").click();
  await minji.page.locator(".talk__files").click();
  await minji.page.waitForURL(/\/files$/);
  assert.equal(await minji.page.locator(".kept [data-picture]").count(), 2);
  await minji.page.locator(".kept [data-picture]").first().click();
  await minji.page.locator("#lightbox").getByText("1 / 2").waitFor();
  await minji.page.keyboard.press("Escape");
  await minji.page.locator(".tab").getByText("파일").click();
  await minji.page.locator(".kept .file", { hasText: "회의록.txt" }).waitFor();
  await minji.page.locator(".kept__from").click();
  await minji.page.waitForURL(/\/room\/\w+\?at=\d+#m-\d+$/);

  await plain.page.goto(room);
  await plain.page.locator(".narrow [name=name]").fill("준");
  await plain.page.locator(".narrow .button--primary").click();
  await plain.page.locator(".composer [type=file]").setInputFiles([text("하나.txt"), picture("둘.png")]);
  await plain.page.locator(".button--send").click();
  await plain.page.waitForURL(/#end$/);
  const full = plain.page.locator("[data-picture]").last();
  const [opened] = await Promise.all([plain.context.waitForEvent("page"), full.click()]);
  await opened.waitForURL(/\/files\/\w+$/);
  await plain.page.locator(".talk__more").click();
  await plain.page.locator(".talk__files").click();
  assert.equal(await plain.page.locator(".kept [data-picture]").count(), 3);
  await plain.page.locator(".tab").getByText("파일").click();
  assert.equal(await plain.page.locator(".kept .file").count(), 2);
});
