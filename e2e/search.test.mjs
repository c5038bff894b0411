// Search, with and without JavaScript.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

test("a search marks its hits and links to them (Q6)", async () => {
  const minji = await s.minji();
  await minji.createRoom("별 보는 모임", { lasting: true });
  await minji.send("오늘 밤하늘에서 유성우가 보인대요");
  await minji.send("따뜻하게 입고 오세요 <b>");
  await minji.page.goto(await minji.page.locator(".talk__head a[href^='/search']").getAttribute("href"));
  await minji.page.locator("[name=q]").fill("하늘");
  await minji.page.locator("[name=q]").press("Enter");
  await minji.page.locator(".hit").waitFor();
  assert.deepEqual(await minji.page.locator(".hit mark").allInnerTexts(), ["하늘"]);
  assert.match(await minji.page.locator(".hit__time").innerText(), /오[전후]/, "the hour of where one is");
  assert.equal(new URL(minji.page.url()).searchParams.get("zone"), "540");
  assert.match(await minji.page.locator(".page__scope").innerText(), /별 보는 모임/);
  await minji.page.locator(".hit__link").click();
  await minji.page.waitForURL(/\/room\/\w+\?at=\d+#m-\d+$/);
  await minji.waitForMessage("오늘 밤하늘에서 유성우가 보인대요");
  await minji.page.goto("/search?q=<b>");
  assert.equal(await minji.page.locator(".hit mark").innerText(), "<b>", "what is typed is text, and so is what was said");
});

// F25
test("in a room the search is a panel, which finds by initial consonants and shows hits in place", async () => {
  const minji = await s.minji();
  const { page } = minji;
  const room = await minji.createRoom("김밥 모임", { lasting: true });
  await minji.send("김밥은 참치로 할게요");
  await page.evaluate(async (id) => {
    const send = (text) => fetch(`/api/rooms/${id}/messages`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text }) });
    for (let n = 0; n < 60; n += 1) await send(`다른 말 ${n}`);
  }, room.split("/").at(-1));
  await page.reload();
  await minji.waitForRoom();
  await page.evaluate(() => (globalThis.isSamePage = true));
  await page.locator(".talk__head a[href^='/search']").click();
  const panel = page.locator("#side-search");
  await panel.locator("[name=q]").fill("ㄱㅂ");
  await panel.locator("[name=q]").press("Enter");
  await panel.locator(".hit mark").getByText("김밥").waitFor();
  assert.match(await panel.locator(".hit__time").innerText(), /오[전후]/);
  await panel.locator(".hit__link").click();
  await page.locator(".message.is-found", { hasText: "김밥은 참치로" }).waitFor();
  assert.equal(await panel.isVisible(), true, "the panel stays beside the messages");
  const right = (selector) => page.locator(selector).last().evaluate((element) => element.getBoundingClientRect().right);
  assert.ok((await right(".message.mine .bubble")) <= (await panel.boundingBox()).x, "it covers none of them");
  await panel.locator("[name=q]").fill("없는말");
  await panel.locator("[name=q]").press("Enter");
  await panel.locator(".page__empty").waitFor();
  await panel.locator("[name=q]").press("Escape");
  await panel.waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => globalThis.isSamePage && document.activeElement.matches(".composer__text")), true);
});

test("without JavaScript the form works, and the page explains the syntax", async () => {
  const jun = await s.jun({ javaScriptEnabled: false });
  await jun.page.goto("/");
  await jun.page.locator("[popovertarget=new-room]").first().click();
  await jun.page.locator("#new-room [name=title]").fill("우체국");
  await jun.page.locator("#new-room [name=name]").fill("준");
  await jun.page.locator("#new-room .button--primary").click();
  await jun.page.locator(".composer__text").fill("엽서를 보냈어요");
  await jun.page.locator(".button--send").click();
  await jun.message("엽서를 보냈어요").waitFor();
  await jun.page.goto("/");
  await jun.page.locator(".lobby__self a[href='/search']").click();
  assert.equal(await jun.page.locator(".tips dt").count(), 6);
  await jun.page.locator("[name=q]").fill("엽서 from:준");
  await jun.page.locator(".find button").click();
  assert.equal(await jun.page.locator(".found__room").innerText(), "우체국");
  assert.equal(await jun.page.locator(".hit mark").innerText(), "엽서");
  await jun.page.goto("/search?q=없는말");
  await jun.page.locator(".page__empty").waitFor();
});
