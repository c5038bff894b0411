// Going on as the same person in another browser, by a link that works once.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();
const KAKAOTALK = "Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0 Mobile Safari/537.36 KAKAOTALK/10.9.5 (INAPP)";

test("a guest goes on from KakaoTalk's browser to the real one, as the same person and once", async () => {
  const minji = await s.minji({ userAgent: KAKAOTALK, viewport: { width: 390, height: 844 } });
  const room = await minji.createRoom("카톡 방", { lasting: true });
  // This browser does not know KakaoTalk's addresses.
  await minji.page.evaluate(() => {
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href^='kakaotalk:']");
      if (!link) return;
      event.preventDefault();
      globalThis.opened = link.href;
    }, true);
  });
  await minji.page.locator(".in-app button").click();
  await minji.page.waitForFunction(() => globalThis.opened);
  const address = new URL(await minji.page.evaluate(() => globalThis.opened)).searchParams.get("url");
  assert.match(address, /\/transfer\/[\w-]+\?next=%2Froom%2F/);
  const box = await minji.page.locator(".composer").boundingBox();
  assert.ok(box.y + box.height <= 844, "the bar pushes nothing out of the window");

  const opened = await minji.newPage();
  // As Safari has it, but without what Safari's menu offers.
  await opened.addInitScript(() => Object.assign(navigator, { standalone: false }));
  await opened.goto("/me");
  await opened.locator(".in-app").waitFor();
  assert.equal(await opened.locator("[data-controller=install]").isVisible(), false);
  await opened.close();

  const other = await s.user("다른 브라우저");
  assert.equal(await other.page.goto("/").then(() => other.page.locator(".in-app").count()), 0);
  // Messengers look at addresses, which uses nothing up.
  assert.equal((await other.context.request.get(address)).status(), 200);
  await other.page.goto(address);
  await other.page.getByRole("heading", { name: "민지님으로 이어서 쓸까요?" }).waitFor();
  await other.page.getByRole("button", { name: "여기서 이어서 쓰기" }).click();
  assert.equal(await other.waitForRoom(), room);
  await other.send("여기서 이어서 써요");
  await minji.page.locator(".message.mine", { hasText: "여기서 이어서 써요" }).waitFor();
  // Both go on; the address does not.
  const late = await s.sora();
  assert.equal((await late.page.goto(address)).status(), 410);

  // The settings show it as a QR code; the one before ends.
  await other.page.goto("/me");
  await other.page.getByRole("button", { name: "QR 코드 만들기" }).click();
  await other.page.waitForFunction(() => document.querySelector(".transfer__code")?.naturalWidth > 0);
  const shown = await other.page.locator("[data-address]").getAttribute("data-address");
  await other.page.goto("/me");
  await other.page.locator('form[action="/me/sessions"] [name=others]').click();
  assert.equal((await late.page.goto(shown)).status(), 410, "a link ends with the sessions");
});
