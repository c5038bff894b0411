// User input is never markup, and every page has the strict content policy.
import assert from "node:assert/strict";
import { png } from "./support/images.mjs";
import { setup, test } from "./support/setup.mjs";

const s = setup();

const MARKUP = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg/onload=alert(1)>",
  "</textarea><b>굵게",
  '"><i onclick=alert(1) x="',
  "</p></li><!-- 열린 채",
  "&lt;b&gt; &amp; '인용'",
  "javascript:alert(1) data:text/html,<b>",
];

test("markup in names, titles, messages and file names is text (M1)", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  for (const user of [minji, jun]) user.page.on("dialog", (dialog) => user.errors.push(`a script ran: ${dialog.message()}`));
  const lobby = await jun.newPage();
  await lobby.goto("/");
  const title = '"><img src=x onerror=alert(1)>';
  const name = "</span><svg/onload=alert(1)>";
  const room = await minji.createRoom(title, { name, lasting: true });
  const row = lobby.locator(`[data-room-id="${room.split("/").at(-1)}"]`);
  await row.waitFor();
  assert.equal(await row.locator("[data-field=title]").innerText(), title);
  assert.equal(await row.locator("[data-field=owner]").innerText(), name);
  await jun.page.goto(room);
  assert.equal(await jun.page.locator("h1").innerText(), title);
  await jun.join(room, { name: "<b>준</b>" });
  await minji.waitForSystemLine("<b>준</b>님이 손님으로 들어왔어요.");

  for (const text of MARKUP) await minji.send(text);
  // A double quote is not among it: browsers send it as %22.
  const file = "'><script>alert(1)<!--.png";
  await minji.page.locator(".composer [type=file]").setInputFiles({ name: file, mimeType: "image/png", buffer: png() });
  await minji.page.locator(".composer .upload-item__name").getByText(file, { exact: true }).waitFor();
  await minji.page.locator(".button--send").click();
  await jun.page.locator(".picture img").waitFor();
  const heard = async (page) => {
    assert.deepEqual((await jun.messages(page)).slice(-MARKUP.length - 1, -1), MARKUP);
    assert.equal(await page.locator(".picture img").getAttribute("alt"), file);
    assert.equal(await page.locator(".message__name [data-field=name]").first().innerText(), name);
    assert.equal(await page.locator(".messages :is(script, svg:not(.icon), i, [onclick], [onerror])").count(), 0);
  };
  await heard(jun.page);
  // Once live by the socket, once in the page from the server.
  await jun.page.reload();
  await jun.waitForRoom();
  await heard(jun.page);
  assert.equal(await jun.page.title(), `${title} · 마당`);
  assert.equal(await jun.member(name).count(), 1);
  await (await jun.openRoomSheet("leave")).locator("button:not([type=button])").click();
  await jun.page.waitForURL((url) => url.pathname === "/");
});

test("only plain web addresses become links (M2)", async () => {
  const minji = await s.minji();
  await minji.createRoom("주소");
  await minji.send("https://example.org/길?a=1&b=<2>");
  for (const text of ["javascript:alert(1)", "https://good.example@evil.example/", "data:text/html,x"]) await minji.send(text);
  const links = await minji.page.locator(".bubble a").evaluateAll((links) => links.map((link) => [link.getAttribute("href"), link.rel]));
  assert.deepEqual(links, [["https://example.org/길?a=1&b=", "noopener noreferrer nofollow ugc"]]);
});

test("every page has the strict policy, error pages too (M1, M7, M10)", async () => {
  const minji = await s.minji();
  const room = await minji.createRoom("정책");
  const { request } = minji.context;
  const asks = [
    ["GET", "/", 200],
    ["GET", "/?refused=room_full", 200],
    ["GET", room, 200],
    ["GET", "/nowhere", 404],
    ["GET", "/nowhere/<script>", 404],
    ["GET", "/files/00000000000000000000000000", 404],
    ["GET", `${room}/messages?before=x`, 422],
    ["PUT", "/rooms", 405],
    ["POST", "/rooms", 415],
    ["GET", "/api/me", 200],
    ["GET", "/api/nowhere", 404],
    ["GET", "/healthz", 200],
  ];
  for (const [method, path, status] of asks) {
    const answer = await request.fetch(path, { method, maxRedirects: 0 });
    const headers = answer.headers();
    assert.equal(answer.status(), status, `${method} ${path}`);
    const policy = headers["content-security-policy"] ?? "";
    assert.match(policy, /default-src 'none'/, `${method} ${path}`);
    assert.doesNotMatch(policy, /unsafe-|\*/, `${method} ${path}`);
    if (policy.includes("script-src")) assert.match(policy, /script-src 'self';.*frame-ancestors 'none'.*require-trusted-types-for 'script'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
  }
  // An unknown address shows a message and a link to the lobby.
  await minji.page.goto("/nowhere");
  assert.equal(await minji.page.locator("h1").innerText(), "페이지를 찾을 수 없어요");
  await minji.page.getByText("처음 화면으로").click();
  await minji.page.waitForURL((url) => url.pathname === "/");
});
