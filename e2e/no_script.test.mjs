// The main path works by forms alone.
import assert from "node:assert/strict";
import { png } from "./support/images.mjs";
import { setup, test } from "./support/setup.mjs";

const s = setup();
const plain = { javaScriptEnabled: false };

test("without JavaScript: create a room, join, send, read older messages, leave", async () => {
  const [minji, jun] = await Promise.all([s.minji(plain), s.jun(plain)]);
  await minji.page.goto("/");
  await minji.page.locator("[popovertarget=new-room]").first().click();
  const form = minji.page.locator("#new-room form");
  await form.locator("[name=title]").fill("옛날 방식");
  await form.locator(".more__open").click();
  await form.locator("[name=password]").fill("열려라");
  await form.locator("[name=name]").fill("민지");
  await form.locator(".button--primary").click();
  await minji.page.locator(".composer").waitFor();
  const room = new URL(minji.page.url()).pathname;

  await jun.page.goto("/");
  await jun.page.locator(".row", { hasText: "옛날 방식" }).click();
  await jun.page.locator("[name=name]").fill("준");
  await jun.page.locator("[name=password]").fill("참깨");
  await jun.page.locator(".narrow .button--primary").click();
  assert.equal(await jun.page.locator(".field__problem").innerText(), "비밀번호가 맞지 않아요.");
  await jun.tryJoin(room, { password: "열려라" });
  await jun.page.locator(".composer").waitFor();

  assert.equal(await jun.page.locator(".needs-js").filter({ visible: true }).count(), 0, "what needs scripts is hidden");
  await say(jun, "들어왔어");
  await jun.page.locator(".composer [type=file]").setInputFiles({ name: "편지.png", mimeType: "image/png", buffer: png() });
  await say(jun, "사진도 보내");
  await minji.page.locator("noscript .button").click();
  await minji.message("들어왔어").waitFor();
  await minji.message("사진도 보내").locator(".picture img").waitFor();
  await say(minji, "   ");
  assert.match(await minji.notice(), /빠졌거나/);

  for (let n = 1; n <= 52; n += 1) {
    await minji.context.request.post(`${room}/messages`, { multipart: { text: `${n}번째` }, headers: { origin: s.server.url }, maxRedirects: 0 });
  }
  await jun.page.locator("noscript .button").click();
  assert.equal(await jun.message("들어왔어").count(), 0, "only the newest page is shown");
  await jun.page.locator(".older a").click();
  await jun.message("들어왔어").waitFor();
  await jun.page.locator(".newest").first().locator("a").click();
  await jun.message("52번째").waitFor();

  await jun.page.locator(".talk__more").click();
  await jun.page.locator("#room-menu [popovertarget=leave]").click();
  await jun.page.locator("#leave button:not([type=button])").click();
  await jun.page.waitForURL((url) => url.pathname === "/");
  await minji.page.goto(room);
  await minji.waitForSystemLine("준님이 나갔어요.");
});

async function say(user, text) {
  await user.page.locator(".composer__text").fill(text);
  await user.page.locator(".button--send").click();
}
