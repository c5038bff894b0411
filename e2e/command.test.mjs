// Slash commands in the composer: suggested, run, and never swallowed.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

test("commands are suggested and run, and a text that is none is offered as a message", async () => {
  const minji = await s.minji();
  const { page } = minji;
  await minji.createRoom("명령 방", { lasting: true });
  const text = page.locator(".composer__text");
  await text.pressSequentially("/");
  await page.locator("#mentions [role=option]", { hasText: "/shrug" }).waitFor();
  await text.pressSequentially("shr");
  await text.press("Enter");
  assert.equal(await text.inputValue(), "/shrug ");
  await text.pressSequentially("몰라요");
  await text.press("Enter");
  await minji.waitForMessage("몰라요 ¯\\_(ツ)_/¯");
  assert.equal(await text.inputValue(), "");
  await text.fill("/invite");
  await text.press("Enter");
  await page.locator("[data-composer-target=answer]", { hasText: "/invite/" }).waitFor();
  // A path is a message at once; what looks like a command asks first, and its text stays.
  await text.fill("/usr/bin 폴더예요");
  await text.press("Enter");
  await minji.waitForMessage("/usr/bin 폴더예요");
  await text.fill("/없는명령 안녕");
  await text.press("Enter");
  await page.getByText("이 방에 없는 명령이에요.").waitFor();
  assert.equal(await text.inputValue(), "/없는명령 안녕");
  await page.getByRole("button", { name: "그대로 보내기" }).click();
  await minji.waitForMessage("/없는명령 안녕");
  await page.locator("[data-composer-target=answer]").waitFor({ state: "hidden" });
});
