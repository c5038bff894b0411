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

// F37: Safari and Firefox report the Enter behind a syllable as a part of the composition, and no other follows.
test("an Enter that shows only as a line break sends, in every pattern of events", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("받침");
  await jun.join(room);
  const field = minji.page.locator(".composer__text");
  const press = (text, keydowns) =>
    field.evaluate(
      (field, { text, keydowns }) => {
        field.value = text;
        const key = (init) => field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...init }));
        // A key that the page has taken inserts nothing.
        if (!keydowns.map(key).every(Boolean)) return;
        field.dispatchEvent(new InputEvent("beforeinput", { inputType: "insertLineBreak", bubbles: true, cancelable: true }));
      },
      { text, keydowns },
    );
  const patterns = {
    가: [{ keyCode: 229, isComposing: true }],
    나: [{ keyCode: 229 }],
    다: [{ keyCode: 229, isComposing: true }, { keyCode: 13 }],
    라: [{ keyCode: 13 }],
    마: [{ keyCode: 13, ctrlKey: true }],
  };
  for (const [text, keydowns] of Object.entries(patterns)) {
    await press(text, keydowns);
    await jun.waitForMessage(text);
    assert.equal(await field.inputValue(), "");
  }
  // Shift breaks the line.
  await press("바", [{ keyCode: 13, shiftKey: true }]);
  assert.equal(await field.inputValue(), "바");
  assert.deepEqual((await jun.messages()).slice(-5), Object.keys(patterns));
});

// F22
test("on a phone Enter breaks the line, and Ctrl+Enter sends", async () => {
  const minji = await s.minji({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await minji.createRoom("전화");
  const field = minji.page.locator(".composer__text");
  await field.pressSequentially("첫 줄");
  await field.press("Enter");
  await field.pressSequentially("둘째 줄");
  assert.equal(await field.inputValue(), "첫 줄\n둘째 줄");
  await field.press("Control+Enter");
  await minji.waitForMessage("첫 줄\n둘째 줄");
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
