// Slash commands in the composer: suggested, run, and never swallowed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
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

test("what a webhook answers to a command is shown, and stays", async () => {
  await s.server.kill();
  await s.server.start({ OUTGOING_NETWORKS: "127.0.0.0/8" });
  let count = 0;
  const program = createServer((request, response) => request.resume().on("end", () => response.end(`배포 ${(count += 1)}`)));
  program.listen(0, "127.0.0.1");
  await once(program, "listening");
  const minji = await s.minji();
  const { page } = minji;
  await page.clock.install();
  const room = await minji.createRoom("훅 명령", { lasting: true });
  const url = `http://127.0.0.1:${program.address().port}/in`;
  const made = await page.request.post(`/api/rooms/${room.split("/").at(-1)}/outgoing-hooks`, { data: { url, events: ["message"] } });
  const { id } = await made.json();
  const commands = [{ name: "deploy", hintKo: "어디로", hintEn: "where to" }];
  await page.request.put(`/api/rooms/${room.split("/").at(-1)}/outgoing-hooks/${id}/commands`, { data: { commands } });
  const answer = page.locator("[data-composer-target=answer]");
  for (const number of [1, 2]) {
    await page.locator(".composer__text").fill("/deploy 마당");
    await page.locator(".composer__text").press("Enter");
    await answer.getByText(`배포 ${number}`).waitFor();
    await page.clock.fastForward(4_000);
    assert.match(await answer.textContent(), new RegExp(`배포 ${number}`));
  }
  program.close();
});
