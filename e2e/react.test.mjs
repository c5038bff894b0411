// What gathers around a message: reactions, pins, and the ways to its acts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./support/stage.mjs";

const s = stage();

/** Two in a lasting room. */
async function two(title) {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.opens(title, { lasting: true });
  await jun.enters(room);
  return { minji, jun, room };
}

test("a reaction is given by the quick row, joined and taken back by its chip", async () => {
  const { minji, jun } = await two("반응하는 방");
  await minji.says("산에 갈까요?");
  await jun.message("산에 갈까요?").hover();
  await jun.page.locator("#acts").getByRole("button", { name: "반응하기" }).click();
  await jun.page.locator(".menu__quick").getByText("👍").click();
  const chip = (person) => person.message("산에 갈까요?").locator(".reaction");
  await chip(minji).getByText("1", { exact: true }).waitFor();
  assert.equal(await chip(minji).getAttribute("aria-pressed"), "false");
  assert.equal(await chip(jun).getAttribute("aria-pressed"), "true");
  await chip(minji).hover();
  assert.equal(await chip(minji).getAttribute("title"), "준");
  await chip(minji).click();
  await chip(jun).getByText("2", { exact: true }).waitFor();
  await chip(jun).click();
  await chip(minji).getByText("1", { exact: true }).waitFor();
  await chip(minji).click();
  await minji.page.locator(".reaction").waitFor({ state: "detached" });
  // And one of the palette, by keyboard alone.
  await minji.page.locator(".timeline").focus();
  await minji.page.keyboard.press("ArrowUp");
  await minji.page.locator("#acts").waitFor();
  for (const focused of [".reaction", "#acts button"]) {
    await minji.page.keyboard.press("Tab");
    if (await minji.page.evaluate((focused) => document.activeElement?.matches(focused), "#acts button")) break;
    assert.ok(focused);
  }
  await minji.page.keyboard.press("Enter");
  await minji.page.locator(".menu__palette").getByText("🔥").press("Enter");
  await chip(jun).getByText("🔥").waitFor();
});

test("a pin stands under the head of the room for all, until it is taken away", async () => {
  const { minji, jun, room } = await two("고정하는 방");
  await minji.says("모임은 **토요일**이에요".replaceAll("**", ""));
  for (let n = 0; n < 20; n += 1) await minji.says(`지나가는 말 ${n}`);
  await minji.acts(minji.message("모임은 토요일이에요"), "pin");
  await jun.page.locator(".pins__newest").getByText("모임은 토요일이에요").waitFor();
  await jun.page.locator(".pins__newest").click();
  await jun.page.locator(".is-found", { hasText: "모임은 토요일이에요" }).waitFor();
  // Who does not keep order neither pins nor unpins.
  await jun.opensActs(jun.message("지나가는 말 1"));
  assert.equal(await jun.page.locator("[data-act=pin]").isVisible(), false);
  await jun.page.keyboard.press("Escape");
  await jun.page.goto(room);
  await jun.page.locator("[popovertarget=pins]").click();
  assert.equal(await jun.page.locator("#pins form").count(), 0);
  await minji.page.locator("[popovertarget=pins]").click();
  await minji.page.locator("#pins form button").click();
  await jun.page.locator(".pins__bar").waitFor({ state: "detached" });
});

test("a finger that rests on a message opens the sheet of acts", async () => {
  const { minji } = await two("손가락 방");
  const jun = await s.call("하늘", { hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } });
  await jun.enters(new URL(minji.page.url()).pathname);
  await minji.says("길게 눌러 봐요");
  await jun.hears("길게 눌러 봐요");
  const { x, y } = await jun.message("길게 눌러 봐요").locator(".bubble").boundingBox();
  const hand = await jun.context.newCDPSession(jun.page);
  await hand.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: x + 12, y: y + 12 }] });
  await jun.page.locator(".menu[open]").waitFor();
  await hand.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await jun.page.locator(".menu__quick").getByText("❤️").tap();
  await minji.message("길게 눌러 봐요").locator(".reaction").getByText("❤️").waitFor();
});

