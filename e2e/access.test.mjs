// For every hand and eye: by keyboard alone, without barriers, on small screens, in both languages.
import assert from "node:assert/strict";
import { test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { png } from "./support/pictures.mjs";
import { stage } from "./support/stage.mjs";

const s = stage();

test("by keyboard alone: open a room, write, whisper, leave", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const { page } = minji;
  const { keyboard } = page;
  await page.goto("/");
  const focused = (selector) => page.waitForFunction((selector) => document.activeElement?.matches(selector), selector);
  /** Goes on with Tab until there, as who cannot see the screen would. */
  const tabTo = async (selector) => {
    for (let presses = 0; presses < 60; presses += 1) {
      if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return;
      await keyboard.press("Tab");
    }
    assert.fail(`Tab never came to ${selector}`);
  };

  await keyboard.press("Tab");
  await focused(".skip");
  await tabTo(".lobby__acts [popovertarget=new-room]");
  await keyboard.press("Enter");
  await focused("#new-room [name=title]");
  await keyboard.press("Escape");
  await page.locator("#new-room").waitFor({ state: "hidden" });
  await focused(".lobby__acts [popovertarget=new-room]");
  await keyboard.press("Enter");
  await focused("#new-room [name=title]");
  await keyboard.type("손가락만");
  await keyboard.press("Enter");
  const room = await minji.isIn();
  await focused(".composer__text");
  await jun.enters(room);
  await keyboard.type("안녕");
  await keyboard.press("Enter");
  await jun.hears("안녕");

  await minji.member("준").waitFor();
  await tabTo(".member:not(.is-me) summary");
  await keyboard.press("Enter");
  await tabTo("[data-action='people#whisper']");
  await keyboard.press("Enter");
  await focused(".composer__text");
  await keyboard.type("둘만");
  await keyboard.press("Enter");
  await jun.message("둘만").and(jun.page.locator("[data-kind=whisper]")).waitFor();
  await keyboard.press("Escape");
  await page.locator(".composer__whisper").waitFor({ state: "hidden" });
  await tabTo(".talk__head form[action$='/leave'] button");
  await keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname === "/");
});

/** Now and then a headless browser never answers a look by axe: it is asked once more, and then told on. */
async function inTime(look, place) {
  for (let tries = 0; tries < 2; tries += 1) {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, 30_000)));
    const seen = await Promise.race([look(), late]);
    clearTimeout(timer);
    if (seen) return seen;
  }
  return assert.fail(`axe never came back from ${place}`);
}

for (const colorScheme of ["light", "dark"]) {
  test(`no barrier that axe finds serious, ${colorScheme}`, async () => {
    const [minji, jun] = await Promise.all([s.minji({ colorScheme, reducedMotion: "reduce" }), s.jun({ colorScheme, reducedMotion: "reduce" })]);
    const check = async (page, place) => {
      // A page behind another may not be drawn, and axe waits for what is drawn.
      await page.bringToFront();
      const axe = new AxeBuilder({ page }).setLegacyMode(true);
      // What light cannot change need not be asked twice.
      if (colorScheme === "dark") axe.withRules(["color-contrast"]);
      const { violations } = await inTime(() => axe.analyze(), place);
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      const found = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`);
      assert.deepEqual(found, [], place);
    };
    await minji.page.goto("/");
    await check(minji.page, "the lobby without rooms of one's own");
    await minji.page.locator("[popovertarget=new-room]").first().click();
    await check(minji.page, "the dialog of a new room");
    const room = await minji.opens("문턱 없는 방", { password: "열쇠", max: 3 });
    await jun.page.goto(room);
    await check(jun.page, "a locked door");
    await jun.enters(room, { password: "열쇠" });
    await jun.says("안녕하세요");
    await minji.says("어서 와요 https://example.org");
    await (await minji.picks("준")).getByText("귓속말").click();
    await minji.says("둘만 보는 말");
    await jun.hears("둘만 보는 말");
    await minji.picks("준");
    await check(minji.page, "a talk, with the acts on a person");
    await check(jun.page, "a talk, as the other sees it");
    await minji.page.locator(".composer [popovertarget=emoji]").click();
    await check(minji.page, "the emoji");
    await minji.page.keyboard.press("Escape");
    await minji.page.locator(".talk__head [popovertarget=settings]").click();
    await check(minji.page, "the settings");
    await jun.page.goto("/?refused=wrong_password");
    await check(jun.page, "the lobby with a refusal");
    await jun.page.goto("/nowhere");
    await check(jun.page, "an error");
  });
}

test("nothing is wider than a phone", async () => {
  const minji = await s.minji();
  const endless = "가".repeat(80);
  const room = await minji.opens(endless, { password: "열쇠", name: "나".repeat(40) });
  await minji.says("w".repeat(300));
  await minji.says(`https://example.org/${"a".repeat(200)}`);
  const jun = await s.jun();
  for (const width of [320, 390]) {
    for (const [person, path] of [[minji, room], [minji, "/"], [minji, "/?refused=room_full"], [jun, room], [minji, "/nowhere"]]) {
      await person.page.setViewportSize({ width, height: 700 });
      await person.page.goto(path);
      const over = await person.page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.scrollingElement;
        const timeline = document.querySelector(".timeline");
        return Math.max(scrollWidth - clientWidth, timeline ? timeline.scrollWidth - timeline.clientWidth : 0);
      });
      assert.equal(over, 0, `${path} at ${width}`);
    }
    const { page } = minji;
    const fits = async (selector) => {
      const { x, width: wide } = await page.locator(selector).boundingBox();
      assert.ok(x >= 0 && x + wide <= width, `${selector} fits into ${width}`);
    };
    // What the room hides at its edge does not scroll, and would be out of reach.
    await page.goto(room);
    await minji.isIn();
    await page.locator(".composer [type=file]").setInputFiles({ name: `${endless}.png`, mimeType: "image/png", buffer: png() });
    await page.locator(".composer .parcel img").waitFor();
    await fits(".button--send");
    await fits(".talk__head form[action$='/leave'] button");
    await page.locator(".composer [popovertarget=emoji]").click();
    await fits("#emoji");
    await page.goto("/");
    await minji.page.locator("[popovertarget=new-room]").first().click();
    await fits("#new-room");
  }
});

test("the language follows the browser, and then one's own choice", async () => {
  const jun = await s.jun({ locale: "en-US" });
  const minji = await s.minji();
  await jun.page.goto("/");
  assert.equal(await jun.page.locator("html").getAttribute("lang"), "en");
  const room = await minji.opens("두 말");
  await jun.enters(room, { name: "Jun" });
  await jun.reads("Jun joined.");
  await minji.reads("Jun님이 입장하셨습니다.");
  await jun.page.locator(".side--rooms .language button").click();
  await jun.isIn();
  assert.equal(await jun.page.locator("html").getAttribute("lang"), "ko");
  await jun.reads("Jun님이 입장하셨습니다.");
  // What comes live comes in the language of the page, too.
  const sora = await s.sora();
  await sora.enters(room);
  await jun.reads("소라님이 입장하셨습니다.");
});
