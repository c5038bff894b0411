// Accounts: a guest signs up, sets a picture, and logs in on another device.
import assert from "node:assert/strict";
import { gif } from "./support/images.mjs";
import { setup, test } from "./support/setup.mjs";

const s = setup();
const password = "a tree by the gate";

test("a guest signs up, sets a picture that others see at once, and logs in on another device (A5, A7)", async () => {
  const [minji, jun] = [await s.minji(), await s.jun()];
  const room = await minji.createRoom("오래 머무는 마당", { lasting: true });
  await jun.join(room);
  await minji.send("안녕하세요");
  await jun.waitForMessage("안녕하세요");

  await minji.page.locator(".side__foot [popovertarget=rename]").click();
  await minji.page.locator("#rename .keep a").first().click();
  await minji.page.locator("[name=email]").fill("minji@example.org");
  await minji.page.locator("[name=password]").fill("password");
  await minji.page.locator("main .button--primary").click();
  await minji.page.locator(".field__problem").waitFor();
  assert.equal(await minji.page.locator("[name=email]").inputValue(), "minji@example.org");
  assert.equal(await minji.page.locator("[name=password]").inputValue(), "");
  await minji.page.locator("[name=password]").fill(password);
  await minji.page.locator("main .button--primary").click();
  await minji.waitForRoom();
  assert.equal(new URL(minji.page.url()).pathname, room, "back to the room");
  await minji.waitForMessage("안녕하세요");

  // The picture is cropped by mouse and by key.
  const window = await minji.newPage();
  await window.goto("/me");
  await window.locator(".self__upload [type=file]").setInputFiles({ name: "face.gif", mimeType: "image/gif", buffer: gif({ width: 160, height: 120, frames: 1 }) });
  const canvas = window.locator(".crop__canvas");
  await canvas.waitFor();
  await window.locator(".crop [type=range]").fill("2");
  const box = await canvas.boundingBox();
  await window.mouse.move(box.x + 100, box.y + 100);
  await window.mouse.down();
  await window.mouse.move(box.x + 40, box.y + 60);
  await window.mouse.up();
  await canvas.press("ArrowLeft");
  await window.locator(".crop .button--primary").click();
  await window.locator(".self__face img").waitFor();
  // Others see it in the list of members and in messages without a reload.
  const id = await jun.message("안녕하세요").getAttribute("data-user-id");
  const shown = jun.page.locator(`.members [data-user-id="${id}"] .avatar img`);
  await shown.waitFor({ state: "attached" });
  await jun.message("안녕하세요").locator(".avatar img").waitFor();
  assert.ok(await jun.message("안녕하세요").locator(".avatar img").evaluate((img) => img.decode().then(() => img.naturalWidth > 0)));

  const elsewhere = await s.sora();
  await elsewhere.page.goto("/login?next=" + room);
  await elsewhere.page.locator("[name=email]").fill("MINJI@example.org");
  await elsewhere.page.locator("[name=password]").fill(password);
  await elsewhere.page.locator("main .button--primary").click();
  await elsewhere.waitForRoom();
  await elsewhere.waitForMessage("안녕하세요");

  // A new password logs the other device out.
  await window.locator("summary", { hasText: "비밀번호 바꾸기" }).click();
  await window.locator("[name=current]").fill(password);
  await window.locator('form[action="/me/password"] [name=password]').fill("a gate by the tree");
  await window.locator('form[action="/me/password"] .button--primary').click();
  await window.locator(".notice--good").waitFor();
  await elsewhere.page.goto("/me");
  assert.equal(new URL(elsewhere.page.url()).pathname, "/login");
});
