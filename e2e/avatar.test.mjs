// A user looks the same whether the server or the browser renders them.
import assert from "node:assert/strict";
import { setup, test } from "./support/setup.mjs";

const s = setup();

test("the hue of a user is the same from the server and in the browser", async () => {
  const minji = await s.minji();
  const room = await minji.createRoom("무지개", { lasting: true, max: 100 });
  const api = `${s.server.url}/api`;
  const names = Array.from({ length: 24 }, (_, n) => `손님 ${n + 1}`);
  await Promise.all(
    names.map(async (name) => {
      const headers = { "content-type": "application/json" };
      const { token } = await (await fetch(`${api}/guests`, { method: "POST", headers, body: JSON.stringify({ name }) })).json();
      const joined = await fetch(`${api}/rooms/${room.split("/").at(-1)}/members`, {
        method: "POST",
        headers: { ...headers, authorization: `Bearer ${token}` },
        body: "{}",
      });
      assert.equal(joined.status, 200);
    }),
  );

  // The HTML of the server.
  const html = await (await minji.context.request.get(room)).text();
  const hues = (rows) =>
    rows
      .filter(({ id }) => id)
      .map(({ id, hue, letter }) => [id, hue, letter])
      .sort();
  const read = (list) =>
    [...list.querySelectorAll("[data-member]")].map((row) => {
      const avatar = row.querySelector(".avatar");
      return { id: row.dataset.userId, hue: avatar.className.match(/hue-\d+/)?.[0], letter: avatar.textContent.trim() };
    });
  const blank = await minji.newPage();
  const written = await blank.evaluate(
    ([html, read]) => new Function("list", `return (${read})(list)`)(new DOMParser().parseFromString(html, "text/html").querySelector(".members")),
    [html, read.toString()],
  );
  assert.equal(written.length, names.length + 1);

  // The list that the page renders from the snapshot.
  await minji.page.reload();
  await minji.waitForRoom();
  const drawn = await minji.page.locator(".members").evaluate(read);
  assert.deepEqual(hues(drawn), hues(written));
  assert.ok(new Set(hues(drawn).map(([, hue]) => hue)).size > 8, "people differ");
});
