// A person has one look, whether the server drew them or the browser did.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./support/stage.mjs";

const s = stage();

test("the hue of a person is the same from the server and in the browser", async () => {
  const minji = await s.minji();
  const room = await minji.opens("무지개", { lasting: true, max: 100 });
  const api = `${s.house.url}/api`;
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

  // As the server wrote it, before any script has touched it.
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
  const blank = await minji.window();
  const written = await blank.evaluate(
    ([html, read]) => new Function("list", `return (${read})(list)`)(new DOMParser().parseFromString(html, "text/html").querySelector(".members")),
    [html, read.toString()],
  );
  assert.equal(written.length, names.length + 1);

  // As the browser made it: the list of a live page is filled from what the socket tells.
  await minji.page.reload();
  await minji.isIn();
  const drawn = await minji.page.locator(".members").evaluate(read);
  assert.deepEqual(hues(drawn), hues(written));
  assert.ok(new Set(hues(drawn).map(([, hue]) => hue)).size > 8, "people differ");
});
