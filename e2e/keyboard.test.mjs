// The main path works by keyboard alone.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

test("by keyboard alone: create a room, send, whisper, leave", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const { page } = minji;
  const { keyboard } = page;
  await page.goto("/");
  const focused = (selector) => page.waitForFunction((selector) => document.activeElement?.matches(selector), selector);
  /** Presses Tab until the element has the focus. */
  const tabTo = async (selector) => {
    for (let presses = 0; presses < 60; presses += 1) {
      if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return;
      await keyboard.press("Tab");
    }
    assert.fail(`Tab never reached ${selector}`);
  };

  await keyboard.press("Tab");
  await focused(".skip");
  await tabTo(".lobby__actions [popovertarget=new-room]");
  await keyboard.press("Enter");
  await focused("#new-room [name=title]");
  await keyboard.press("Escape");
  await page.locator("#new-room").waitFor({ state: "hidden" });
  await focused(".lobby__actions [popovertarget=new-room]");
  await keyboard.press("Enter");
  await focused("#new-room [name=title]");
  await keyboard.type("손가락만");
  await keyboard.press("Enter");
  const room = await minji.waitForRoom();
  await focused(".composer__text");
  await jun.join(room);
  await keyboard.type("안녕");
  await keyboard.press("Enter");
  await jun.waitForMessage("안녕");

  await minji.member("준").waitFor();
  await tabTo(".member:not(.is-me) .member__row");
  await keyboard.press("Enter");
  await tabTo("[data-action='people#whisper']");
  await keyboard.press("Enter");
  await focused(".composer__text");
  await keyboard.type("둘만");
  await keyboard.press("Enter");
  await jun.message("둘만").and(jun.page.locator("[data-kind=whisper]")).waitFor();
  await keyboard.press("Escape");
  await page.locator(".composer__whisper").waitFor({ state: "hidden" });
  await tabTo(".talk__more");
  await keyboard.press("Enter");
  await tabTo("#room-menu [popovertarget=leave]");
  await keyboard.press("Enter");
  // The sheet takes the focus, and asks.
  await focused("#leave .button--danger");
  await keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname === "/");
});
