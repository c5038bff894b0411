// Reactions, pins, and the menu of a message.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

/** Two users in a lasting room. */
async function two(title) {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom(title, { lasting: true });
  await jun.join(room);
  return { minji, jun, room };
}

test("a reaction is added from the quick row, and toggled by its chip", async () => {
  const { minji, jun } = await two("반응하는 방");
  await minji.send("산에 갈까요?");
  await jun.message("산에 갈까요?").hover();
  await jun.page.locator("#message-bar").getByRole("button", { name: "반응하기" }).click();
  await jun.page.locator(".menu__quick").getByText("👍").click();
  const chip = (user) => user.message("산에 갈까요?").locator(".reaction");
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
  // An emoji of the palette, by keyboard.
  await minji.page.locator(".timeline").focus();
  await minji.page.keyboard.press("ArrowUp");
  await minji.page.locator("#message-bar").waitFor();
  for (const focused of [".reaction", "#message-bar button"]) {
    await minji.page.keyboard.press("Tab");
    if (await minji.page.evaluate((focused) => document.activeElement?.matches(focused), "#message-bar button")) break;
    assert.ok(focused);
  }
  await minji.page.keyboard.press("Enter");
  await minji.page.locator(".menu__palette").getByText("🔥", { exact: true }).first().press("Enter");
  await chip(jun).getByText("🔥").waitFor();
});

test("the list of emoji that comes late leaves the focus where it is", async () => {
  const { minji } = await two("늦은 이모지");
  let arrives;
  const late = new Promise((resolve) => (arrives = resolve));
  await minji.page.route("**/emoji.*.json", async (route) => {
    await late;
    await route.continue();
  });
  await minji.send("천천히");
  await minji.message("천천히").hover();
  await minji.page.locator("#message-bar").getByRole("button", { name: "반응하기" }).click();
  const fire = minji.page.locator(".menu__palette [data-recent]").getByText("🔥", { exact: true });
  await fire.focus();
  arrives();
  await minji.page.locator(".menu__palette .emoji__group h2").first().waitFor();
  await minji.page.keyboard.press("Enter");
  await minji.message("천천히").locator(".reaction").getByText("🔥").waitFor();
});

test("a pinned message shows under the head of the room until it is unpinned", async () => {
  const { minji, jun, room } = await two("고정하는 방");
  await minji.send("모임은 **토요일**이에요".replaceAll("**", ""));
  for (let n = 0; n < 20; n += 1) await minji.send(`지나가는 말 ${n}`);
  await minji.pickAction(minji.message("모임은 토요일이에요"), "pin");
  await jun.page.locator(".pins__newest").getByText("모임은 토요일이에요").waitFor();
  await jun.page.locator(".pins__newest").click();
  await jun.page.locator(".is-found", { hasText: "모임은 토요일이에요" }).waitFor();
  // Members can neither pin nor unpin.
  await jun.openMessageMenu(jun.message("지나가는 말 1"));
  assert.equal(await jun.page.locator("[data-action-name=pin]").isVisible(), false);
  await jun.page.keyboard.press("Escape");
  await jun.page.goto(room);
  await jun.page.locator(".pins__bar [popovertarget=pins]").click();
  assert.equal(await jun.page.locator("#pins form").count(), 0);
  await minji.page.locator(".pins__bar [popovertarget=pins]").click();
  await minji.page.locator("#pins form button").click();
  await jun.page.locator(".pins__bar").waitFor({ state: "detached" });
});

test("a long press opens the menu of a message", async () => {
  const { minji } = await two("손가락 방");
  const jun = await s.user("하늘", { hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } });
  await jun.join(new URL(minji.page.url()).pathname);
  await minji.send("길게 눌러 봐요");
  await jun.waitForMessage("길게 눌러 봐요");
  const { x, y } = await jun.message("길게 눌러 봐요").locator(".bubble").boundingBox();
  const hand = await jun.context.newCDPSession(jun.page);
  await hand.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: x + 12, y: y + 12 }] });
  await jun.page.locator(".menu[open]").waitFor();
  await hand.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await jun.page.locator(".menu__quick").getByText("❤️").tap();
  await minji.message("길게 눌러 봐요").locator(".reaction").getByText("❤️").waitFor();
});

