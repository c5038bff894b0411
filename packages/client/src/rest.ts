import { MadangError } from "./error.js";
import type { Routes } from "./wire.js";

type Request<Route extends keyof Routes> = Omit<Routes[Route], "answer">;
type Arguments<Route extends keyof Routes> = object extends Request<Route> ? [request?: Request<Route>] : [request: Request<Route>];

/** Calls REST by method and path, with what the path, the query and the body need. */
export type Rest = <Route extends keyof Routes>(route: Route, ...request: Arguments<Route>) => Promise<Routes[Route]["answer"]>;

interface AnyRequest {
  path?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
}

/** Returns the calls of REST of a server. Without a token, a page of the server itself uses its cookie. */
export function rest(url: string, options: { token?: string } = {}): Rest {
  return async (route, ...[request]) => {
    const { path, query, body }: AnyRequest = request ?? {};
    const [method = "", template = ""] = route.split(" ");
    const target = new URL(template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path?.[name] ?? "")), url);
    for (const [name, value] of Object.entries(query ?? {})) if (value != null) target.searchParams.set(name, `${value}`);
    const isForm = body instanceof FormData;
    const headers = new Headers(body === undefined || isForm ? {} : { "content-type": "application/json" });
    if (options.token) headers.set("authorization", `Bearer ${options.token}`);
    let response, answer;
    try {
      response = await fetch(target, { method, headers, body: isForm ? body : (JSON.stringify(body) ?? null) });
      const text = await response.text();
      answer = text && JSON.parse(text);
    } catch (error) {
      // What a proxy answers may be no JSON, and has no code of ours.
      throw new MadangError({ code: "no_answer", message: `${error}` }, response?.status);
    }
    if (response.ok) return answer || undefined;
    throw new MadangError(answer?.code ? answer : { code: "no_answer", message: `status ${response.status}` }, response.status);
  };
}
