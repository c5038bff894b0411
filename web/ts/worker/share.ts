// What another app shares with the installed one. It waits in the database until a room is chosen.

import { put } from "../lib/database";
import { SHARED, type Shared } from "../lib/shared";
import { pagesOwner } from "./pages";

export function isShare(request: Request, url: URL): boolean {
  return request.method === "POST" && url.pathname === "/share";
}

export async function keepShared(request: Request): Promise<Response> {
  const form = await request.formData();
  const lines = ["title", "text", "url"].map((name) => String(form.get(name) ?? "").trim());
  const files = form.getAll("files").filter((file) => file instanceof File);
  // Some apps put the same link into two of the fields.
  const shared: Shared = { text: [...new Set(lines.filter(Boolean))].join("\n"), files, at: Date.now(), me: await pagesOwner() };
  await put("drafts", SHARED, shared);
  return Response.redirect("/", 303);
}
