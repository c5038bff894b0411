// Pictures by button, paste and drop; a moving one still moves when it arrives.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { framesOf, gif, png } from "./support/pictures.mjs";
import { stage } from "./support/stage.mjs";

const s = stage();
const folder = await mkdtemp(join(tmpdir(), "madang-pictures-"));
after(() => rm(folder, { recursive: true, force: true }));

/** The picture has come, is shown, and has its place kept by its own size. */
async function seesPicture(person, name) {
  const picture = person.page.locator(".message:not(.is-pending) .picture", { has: person.page.locator(`img[alt="${name}"]`) });
  await picture.waitFor();
  await person.page.waitForFunction((name) => {
    const img = document.querySelector(`.picture img[alt="${name}"]`);
    return img?.complete && img.naturalWidth > 0 && img.width > 0 && img.height > 0;
  }, name);
  return picture.getAttribute("href");
}

test("a moving GIF by button still moves", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.opens("움짤");
  await jun.enters(room);
  const buffer = gif({ frames: 5 });
  assert.equal(framesOf(buffer), 5);
  await minji.page.locator(".composer [type=file]").setInputFiles({ name: "춤추는 고양이.gif", mimeType: "image/gif", buffer });
  await minji.page.locator(".composer .parcel").getByText("춤추는 고양이.gif").waitFor();
  await minji.page.locator(".composer__text").fill("이것 봐");
  await minji.page.locator(".composer__text").press("Enter");
  const url = await seesPicture(jun, "춤추는 고양이.gif");
  await seesPicture(minji, "춤추는 고양이.gif");
  await jun.hears("이것 봐");
  const served = await jun.context.request.get(url);
  assert.equal(served.headers()["content-type"], "image/gif");
  assert.equal(framesOf(await served.body()), 5);
  const shown = jun.page.locator(`.picture[href="${url}"] img`);
  assert.equal(await shown.evaluate((img) => img.currentSrc), s.house.url + url, "the moving one is shown, not its still");
  // Who asked for less motion sees it still.
  await jun.page.emulateMedia({ reducedMotion: "reduce" });
  await jun.page.waitForFunction((url) => document.querySelector(`.picture[href="${url}"] img`).currentSrc.endsWith("/thumbnail"), url);
  // The full picture is one press away; with a key held, in a window of its own.
  await shown.click();
  await jun.page.waitForFunction((url) => document.querySelector(".lightbox__picture").src.endsWith(url), url);
  await jun.page.keyboard.press("Escape");
  const [full] = await Promise.all([jun.context.waitForEvent("page"), shown.click({ modifiers: ["ControlOrMeta"] })]);
  await full.waitForURL(s.house.url + url);
});

test("a PNG by button tells how far it is", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.opens("큰 그림");
  await jun.enters(room);
  const line = await minji.context.newCDPSession(minji.page);
  await line.send("Network.enable");
  await line.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 600_000 });
  await minji.page.locator(".composer [type=file]").setInputFiles({ name: "하늘.png", mimeType: "image/png", buffer: png(400) });
  await minji.page.locator(".button--send").click();
  await minji.page.waitForFunction(() => {
    const bar = document.querySelector(".is-pending progress");
    return bar?.hasAttribute("value") && bar.value > 0 && bar.value < 1;
  });
  await seesPicture(jun, "하늘.png");
  await seesPicture(minji, "하늘.png");
  assert.equal(await minji.page.locator(".is-pending").count(), 0);
});

test("a PNG pasted and one dropped", async () => {
  const [minji, jun] = await Promise.all([s.minji({ permissions: ["clipboard-read", "clipboard-write"] }), s.jun()]);
  const room = await minji.opens("붙이고 놓기");
  await jun.enters(room);

  await minji.page.evaluate(async (bytes) => {
    const picture = new Blob([new Uint8Array(bytes)], { type: "image/png" });
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
  }, [...png(16)]);
  await minji.page.locator(".composer__text").press("Control+V");
  await minji.page.locator(".composer .parcel img").waitFor();
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
  await minji.page.locator(".composer .parcel").getByText("마당.png").waitFor();
  await minji.page.locator(".button--send").click();
  await seesPicture(jun, "마당.png");
});

test("what was chosen may be put back, and a picture that is none is refused in words", async () => {
  const minji = await s.minji();
  await minji.opens("파일");
  const broken = { name: "깨진.png", mimeType: "image/png", buffer: png().subarray(0, 60) };
  const choose = (file) => minji.page.locator(".composer [type=file]").setInputFiles(file);
  await choose(broken);
  await minji.page.locator(".composer .parcel button").click();
  assert.equal(await minji.page.locator(".composer .parcel").count(), 0);
  await minji.page.locator(".button--send").click();
  assert.equal(await minji.page.locator(".message").count(), 0, "nothing was left to send");

  await choose(broken);
  await minji.page.locator(".button--send").click();
  await minji.page.locator(".message__failed").getByText("읽을 수 없거나 너무 큰 그림이에요.").waitFor();
  await minji.page.locator(".message__failed").getByText("지우기").click();
  await minji.page.locator(".is-pending").waitFor({ state: "detached" });
});
