// One's own data: asked for in the settings, packed in the background, and readable without Madang.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { setup, test, until } from "./support/setup.mjs";
import { unzip } from "./support/zip.mjs";

const s = setup();

test("own messages and files are packed in the background, and downloaded as pages and JSON", async () => {
  const [minji, jun] = await Promise.all([s.minji(), s.jun()]);
  const room = await minji.createRoom("느티나무 아래", { lasting: true });
  await jun.join(room);
  await minji.send("<b>김밥</b>은 제가 쌀게요");
  await jun.send("준이 쓴 말");
  const { page } = minji;
  await page.locator(".composer [type=file]").setInputFiles({ name: "장 보기.txt", mimeType: "text/plain", buffer: Buffer.from("참치, 단무지") });
  await page.locator(".button--send").click();
  await minji.page.locator(".message:not(.is-pending) .file").waitFor();

  await page.goto("/me");
  await page.getByRole("button", { name: "내 데이터 파일 만들기" }).click();
  // A job makes it, so the page that answers may show either.
  const link = page.locator("section[aria-labelledby=export]").getByRole("link", { name: "내려받기" });
  await until(page, async () => (await (await fetch("/api/me/export")).json()).export?.ready);
  await page.goto("/me");
  assert.equal(await page.getByRole("button", { name: "내 데이터 파일 만들기" }).count(), 0, "one a day");
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  assert.equal(download.suggestedFilename(), "madang.zip");

  const parts = unzip(await readFile(await download.path()));
  const messages = JSON.parse(parts.get("messages.json"));
  assert.deepEqual(messages.map(({ text }) => text), ["<b>김밥</b>은 제가 쌀게요", ""]);
  assert.equal(JSON.parse(parts.get("madang.json")).account.name, "민지");
  const { path } = messages[1].files[0];
  assert.equal(parts.get(path).toString(), "참치, 단무지");

  // The page in it stands alone.
  const folder = await mkdtemp(join(tmpdir(), "madang-export-"));
  try {
    for (const [name, content] of parts) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    await page.goto(pathToFileURL(join(folder, "index.html")).href);
    await page.getByRole("heading", { name: "느티나무 아래" }).waitFor();
    await page.getByText("<b>김밥</b>은 제가 쌀게요").waitFor();
    assert.equal(await page.getByText("준이 쓴 말").count(), 0);
    assert.equal(await page.getByRole("link", { name: "장 보기.txt" }).evaluate((link) => decodeURIComponent(link.href.split("/").slice(-2).join("/"))), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
