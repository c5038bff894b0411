// Images are sent by button, paste and drop; an animated one stays animated.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { avif, framesOf, gif, png } from "./support/images.mjs";
import { setup, test } from "./support/setup.mjs";

const s = setup();
const folder = await mkdtemp(join(tmpdir(), "madang-pictures-"));
after(() => rm(folder, { recursive: true, force: true }));

/** Waits until a picture is stored, loaded and has a size. */
async function seesPicture(user, name) {
  const picture = user.page.locator(".message:not(.is-pending) .picture", { has: user.page.locator(`img[alt="${name}"]`) });
  await picture.waitFor();
  await user.page.waitForFunction((name) => {
    const img = document.querySelector(`.picture img[alt="${name}"]`);
    return img?.complete && img.naturalWidth > 0 && img.width > 0 && img.height > 0;
  }, name);
  return picture.getAttribute("href");
}

test("a GIF stays animated", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("움짤");
  await jun.join(room);
  const buffer = gif({ frames: 5 });
  assert.equal(framesOf(buffer), 5);
  await minji.page.locator(".composer [type=file]").setInputFiles({ name: "춤추는 고양이.gif", mimeType: "image/gif", buffer });
  await minji.page.locator(".composer .upload-item").getByText("춤추는 고양이.gif").waitFor();
  await minji.page.locator(".composer__text").fill("이것 봐");
  await minji.page.locator(".composer__text").press("Enter");
  const url = await seesPicture(jun, "춤추는 고양이.gif");
  await seesPicture(minji, "춤추는 고양이.gif");
  await jun.waitForMessage("이것 봐");
  const served = await jun.context.request.get(url);
  assert.equal(served.headers()["content-type"], "image/gif");
  assert.equal(framesOf(await served.body()), 5);
  const shown = jun.page.locator(`.picture[href="${url}"] img`);
  assert.equal(await shown.evaluate((img) => img.currentSrc), s.server.url + url, "the animation is shown, not its still image");
  // With reduced motion the still image is shown.
  await jun.page.emulateMedia({ reducedMotion: "reduce" });
  await jun.page.waitForFunction((url) => document.querySelector(`.picture[href="${url}"] img`).currentSrc.endsWith("/thumbnail"), url);
  // A click opens the full picture; with a modifier key, in a window of its own.
  await shown.click();
  await jun.page.waitForFunction((url) => document.querySelector(".lightbox__picture").src.endsWith(url), url);
  await jun.page.keyboard.press("Escape");
  const [full] = await Promise.all([jun.context.waitForEvent("page"), shown.click({ modifiers: ["ControlOrMeta"] })]);
  await full.waitForURL(s.server.url + url);
});

test("an upload shows its progress", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("큰 그림");
  await jun.join(room);
  const line = await minji.context.newCDPSession(minji.page);
  await line.send("Network.enable");
  await line.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 20_000 });
  await minji.page.locator(".composer [type=file]").setInputFiles({ name: "하늘.png", mimeType: "image/png", buffer: png(400) });
  await minji.page.locator(".button--send").click();
  await minji.page.waitForFunction(() => {
    const bar = document.querySelector(".is-pending progress");
    return bar?.hasAttribute("value") && bar.value > 0 && bar.value < 1;
  });
  await line.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await seesPicture(jun, "하늘.png");
  await seesPicture(minji, "하늘.png");
  assert.equal(await minji.page.locator(".is-pending").count(), 0);
});

test("an image is sent by paste and by drop", async () => {
  const [minji, jun] = await Promise.all([s.minji({ permissions: ["clipboard-read", "clipboard-write"] }), s.jun()]);
  const room = await minji.createRoom("붙이고 놓기");
  await jun.join(room);

  await minji.page.evaluate(async (bytes) => {
    const picture = new Blob([new Uint8Array(bytes)], { type: "image/png" });
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
  }, [...png(16)]);
  await minji.page.locator(".composer__text").press("Control+V");
  await minji.page.locator(".composer .upload-item img").waitFor();
  await minji.page.locator(".composer__text").press("Enter");
  await seesPicture(jun, "image.png");

  const path = join(folder, "마당.png");
  await writeFile(path, png());
  const hand = await minji.context.newCDPSession(minji.page);
  const { x, y, width, height } = await minji.page.locator(".timeline").boundingBox();
  const drag = (type) =>
    hand.send("Input.dispatchDragEvent", {
      type,
      x: x + width / 2,
      y: y + height / 2,
      data: { items: [], files: [path], dragOperationsMask: 1 },
    });
  await drag("dragEnter");
  await minji.page.locator(".drop").waitFor();
  await drag("dragOver");
  await drag("drop");
  await minji.page.locator(".drop").waitFor({ state: "hidden" });
  await minji.page.locator(".composer .upload-item").getByText("마당.png").waitFor();
  await minji.page.locator(".button--send").click();
  await seesPicture(jun, "마당.png");
});

test("a chosen file can be removed, and a broken image is refused with a reason", async () => {
  const minji = await s.minji();
  await minji.createRoom("파일");
  const broken = { name: "깨진.png", mimeType: "image/png", buffer: png().subarray(0, 60) };
  const choose = (file) => minji.page.locator(".composer [type=file]").setInputFiles(file);
  await choose(broken);
  await minji.page.locator(".composer .upload-item button").click();
  assert.equal(await minji.page.locator(".composer .upload-item").count(), 0);
  await minji.page.locator(".button--send").click();
  assert.equal(await minji.page.locator(".message").count(), 0, "nothing was left to send");

  await choose(broken);
  await minji.page.locator(".button--send").click();
  await minji.page.locator(".message__failed").getByText("읽을 수 없거나 너무 큰 그림이에요.").waitFor();
  await minji.page.locator(".message__failed").getByText("삭제").click();
  await minji.page.locator(".is-pending").waitFor({ state: "detached" });
});

// F23, F24
test("a tall, a wide and a tiny picture can be seen and pressed, and AVIF is shown", async () => {
  const minji = await s.minji({ viewport: { width: 390, height: 844 } });
  await minji.createRoom("길쭉한 그림");
  const { page } = minji;
  const send = async (name, mimeType, buffer) => {
    await page.locator(".composer [type=file]").setInputFiles({ name, mimeType, buffer });
    await page.locator(".composer .upload-item").waitFor();
    await page.locator(".button--send").click();
  };
  for (const [name, width, height] of [["긴 화면.png", 24, 1600], ["넓은 화면.png", 1600, 24], ["점.png", 1, 1]]) {
    await send(name, "image/png", png(width, height));
    await seesPicture(minji, name);
    const box = await page.locator(`.picture img[alt="${name}"]`).boundingBox();
    assert.ok(box.width >= 72 && box.height >= 72 && box.x + box.width <= 390 && box.height <= 320, `${name}: ${JSON.stringify(box)}`);
  }
  // The server reads no AVIF, but the browser does.
  await send("풍경.avif", "image/avif", avif);
  await seesPicture(minji, "풍경.webp");
});

// F24
test("a picture that is too large for the server is made smaller, and a pasted one gets a name", async () => {
  const minji = await s.minji();
  await minji.createRoom("사진기");
  const { page } = minji;
  await page.evaluate(() => {
    globalThis.choose = (file) => {
      const data = new DataTransfer();
      data.items.add(file);
      const input = document.querySelector(".composer [type=file]");
      input.files = data.files;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
  });
  await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 9000, height: 300 });
    canvas.getContext("2d").fillRect(10, 10, 8000, 100);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg"));
    // Cameras write more than this canvas does.
    globalThis.choose(new File([blob, new Uint8Array(2_100_000)], "넓은 사진.jpeg", { type: "image/jpeg" }));
  });
  await page.locator(".composer .upload-item", { hasText: "넓은 사진.jpg" }).waitFor();
  // Sending waits for the picture that is not ready.
  await page.evaluate(() => {
    globalThis.choose(new File(["no picture that this browser knows"], "image", { type: "image/heic" }));
    document.querySelector(".button--send").click();
  });
  const picture = page.locator(".message:not(.is-pending) .picture img");
  await picture.waitFor();
  assert.match(await picture.getAttribute("alt"), /넓은 사진\.jpg/);
  await page.locator(".message:not(.is-pending)", { hasText: "image.heic" }).waitFor();
});
