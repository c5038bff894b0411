// Small things that were wrong once: each in the pages where people met it.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

// F26, F29, F31, F34: the lists of rooms and of people, and who said what
test("lists agree with each other, and every message has its author", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.user("\u202eمحمد", {})]);
  const room = await minji.createRoom("작은 방", { lasting: true, max: 2 });
  await jun.join(room, { name: "محمد" });
  await jun.send("첫 줄");
  await jun.send("둘째 줄");
  const { page } = minji;
  await page.goto(room);
  await minji.waitForRoom();
  assert.equal(await page.locator("[data-member]").first().locator(".member__name").textContent(), "민지", "the owner comes first");
  assert.equal((await page.locator(".talk__about").innerText()).startsWith("2명"), true);
  // Joined messages show no name, and readers read it all the same.
  const joined = page.locator(".message.joins").last();
  await joined.waitFor();
  const author = joined.locator(".message__name");
  assert.equal(await author.evaluate((name) => getComputedStyle(name).display !== "none" && getComputedStyle(name).visibility === "visible"), true);
  assert.match(await author.textContent(), /محمد/);
  assert.equal(await page.locator(".message .unread:not([aria-hidden=true])").count(), 0);
  // A name from the right does not turn the line of the list round.
  await page.goto("/");
  const last = page.locator(".my-room", { hasText: "작은 방" }).locator("[data-field=last]");
  assert.deepEqual(await last.locator("bdi").allTextContents(), ["محمد", "둘째 줄"]);
  // The lobby of a stranger shows how many members a room has.
  const sora = await s.sora();
  await sora.page.goto("/");
  const row = sora.page.locator(".row", { hasText: "작은 방" });
  await row.locator("[data-field=full]").waitFor();
  assert.match((await row.locator(".row__members").innerText()).replace(/\s+/g, ""), /^2\/2/);
});

// F29, and who a member is
test("people have an order, and a member's menu begins with who they are", async () => {
  const [minji, jun, sora, arin] = await Promise.all([s.minji(), s.jun(), s.sora(), s.user("아린")]);
  const room = await minji.createRoom("차례", { lasting: true });
  await jun.join(room);
  await sora.join(room);
  await arin.join(room);
  await jun.page.evaluate(() => fetch("/api/me", { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify({ bio: "산을 좋아해요" }) }));
  await minji.waitForOnlineCount(4);
  const order = (page) => page.locator("[data-member] .member__name").allTextContents();
  // The owner, then by name; after a reload as before.
  for (const page of [sora.page, arin.page]) {
    await page.reload();
    await page.locator(".room.is-live").waitFor();
    assert.deepEqual(await order(page), ["민지", "소라", "아린", "준"]);
  }
  await minji.actOnMember("준", "부방장으로 정하기");
  await sora.member("준").locator("[data-mark=moderator]").waitFor();
  await sora.page.reload();
  await sora.waitForRoom();
  assert.deepEqual(await order(sora.page), ["민지", "준", "소라", "아린"]);
  await sora.openMemberMenu("준");
  const card = sora.page.locator("#member-menu .card");
  await card.getByText("산을 좋아해요").waitFor();
  await card.getByText(/부터 마당에 있어요/).waitFor();
  assert.match(await card.innerText(), /준/);
});

// F19, F20, F32: a direct room
test("a direct room shows one day, and presence in its place", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("둘이", { lasting: true });
  await jun.join(room);
  await (await minji.openMemberMenu("준")).getByText("대화하기").click();
  await minji.page.locator(".room--direct").waitFor();
  await minji.waitForRoom();
  await minji.send("오늘의 첫 말");
  await minji.page.locator(".is-pending").waitFor({ state: "detached" });
  assert.deepEqual(await minji.page.locator(".messages > .day").allInnerTexts(), ["오늘"]);
  const dot = await minji.page.locator(".talk__seen .presence").boundingBox();
  const head = await minji.page.locator(".talk__head").boundingBox();
  assert.ok(dot.x > head.x && dot.x + dot.width < head.x + head.width && dot.y > head.y && dot.y + dot.height < head.y + head.height, JSON.stringify(dot));
  // A stranger sees it once their room was accepted.
  await jun.page.goto(minji.page.url());
  await jun.waitForRoom();
  await jun.send("네, 안녕하세요");
  await minji.waitForMessage("네, 안녕하세요");
  await minji.page.locator(".talk__seen[data-presence=online]").waitFor();
  await jun.page.close();
  const seen = minji.page.locator(".talk__seen [data-when=offline] time");
  await minji.page.locator(".talk__seen[data-presence=offline]").waitFor();
  assert.match(await seen.innerText(), /방금|분 전/);
});

test("a new room shows its address until somebody writes, and a long quote its words alone", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("새로 연 방", { lasting: true });
  const hello = minji.page.locator(".hello");
  assert.equal(await hello.locator(".address__text").inputValue(), s.server.url + room);
  await jun.join(room);
  await minji.member("준").waitFor();
  assert.equal(await hello.isVisible(), true, "who joins has not written");
  await jun.page.locator(".composer__text").fill("**첫** 인사예요");
  await jun.page.locator(".composer__text").press("Enter");
  await hello.waitFor({ state: "detached" });
  await jun.page.locator(".hello").waitFor({ state: "detached" });
  await minji.page.locator(".message", { hasText: "첫 인사예요" }).hover();
  await minji.page.locator("#message-bar").getByRole("button", { name: "답장하기" }).click();
  await minji.send("어서 와요");
  assert.equal(await jun.message("어서 와요").locator(".reply span").innerText(), "첫 인사예요");
});

// F33, F36: dialogs and keys
test("sheets keep the focus and give it back, and keys work from anywhere", async () => {
  const minji = await s.minji();
  await minji.createRoom("열쇠 방", { lasting: true });
  const { page } = minji;
  await page.locator(".talk__more").focus();
  await page.keyboard.press("Enter");
  await page.locator("#room-menu [popovertarget=share]").click();
  const sheet = page.locator("dialog#share");
  await sheet.waitFor();
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.querySelector("#share").contains(document.activeElement) || document.activeElement === document.body), true);
  }
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "hidden" });
  await page.locator(".timeline").focus();
  await page.keyboard.type("from here");
  assert.equal(await page.locator(".composer__text").inputValue(), "from here");
  await page.keyboard.press("ControlOrMeta+k");
  await page.locator(".switcher input").fill("ㅇㅅ");
  await page.locator(".switcher [role=option]", { hasText: "열쇠 방" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".timeline").focus();
  await page.keyboard.press("?");
  await page.locator(".shortcuts").waitFor();
});

// A flood of messages is shown in batches, in order and whole.
test("many messages at once arrive in order, each once", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("소나기", { lasting: true });
  await jun.join(room);
  await jun.page.evaluate(async (id) => {
    const send = (text) => fetch(`/api/rooms/${id}/messages`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text }) });
    for (let n = 0; n < 120; n += 1) await send(`빗방울 ${n}`);
  }, room.split("/").at(-1));
  await minji.waitForMessage("빗방울 119");
  const shown = (await minji.messages()).filter((text) => text.startsWith("빗방울"));
  assert.deepEqual(shown, Array.from({ length: 120 }, (_, n) => `빗방울 ${n}`));
  // One after the other is shown at once, and what changes the page is not put off.
  await jun.send("맑아졌어요");
  await minji.waitForMessage("맑아졌어요");
});
