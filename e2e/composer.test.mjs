// What the field takes: pastes of several kinds, and keys while a syllable is being typed.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

/** Pastes into the field, and says whether the page took it over. */
const paste = (page, kinds) =>
  page.locator(".composer__text").evaluate((field, { text, file }) => {
    const clipboardData = new DataTransfer();
    if (text) clipboardData.setData("text/plain", text);
    if (text) clipboardData.setData("text/html", "<table><tr><td>사과</td></tr></table>");
    if (file) clipboardData.items.add(new File([new Uint8Array([137, 80, 78, 71])], file, { type: "image/png" }));
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    field.dispatchEvent(event);
    return event.defaultPrevented;
  }, kinds);

test("a paste from a table is text, and a screenshot or a file is attached", async () => {
  const minji = await s.minji();
  await minji.createRoom("붙여 넣기");
  const items = minji.page.locator(".composer .upload-item");
  assert.equal(await paste(minji.page, { text: "사과\t3\n배\t5", file: "image.png" }), false);
  assert.equal(await paste(minji.page, { text: "사과" }), false);
  assert.equal(await items.count(), 0);
  assert.equal(await paste(minji.page, { file: "image.png" }), true);
  // A file manager puts the name of the file beside it.
  assert.equal(await paste(minji.page, { text: "하늘.png", file: "하늘.png" }), true);
  assert.equal(await items.count(), 2);
});

test("Enter that finishes a syllable chooses no name and sends nothing", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("한글");
  await jun.join(room);
  const field = minji.page.locator(".composer__text");
  // In Safari the last Enter of a syllable is no part of the composition any more.
  const lastEnter = () =>
    field.evaluate((field) => {
      const event = new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true });
      field.dispatchEvent(event);
      return event.defaultPrevented;
    });
  await field.pressSequentially("@준");
  await minji.page.locator("#mentions [role=option]").waitFor();
  assert.equal(await lastEnter(), false);
  assert.equal(await field.inputValue(), "@준");
  assert.equal(await minji.page.locator("#mentions").isVisible(), true);
  await field.press("Enter");
  assert.equal(await field.inputValue(), "@준 ");
  await field.fill("안녕");
  assert.equal(await lastEnter(), false);
  assert.equal(await field.inputValue(), "안녕");
  await field.press("Enter");
  await jun.waitForMessage("안녕");
});
