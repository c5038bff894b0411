// Uploads use XMLHttpRequest, as `fetch` reports no progress.

import type { Refusal } from "./wire";

export class UploadFailed extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.code);
  }
}

/** A running upload. */
export interface Upload<T> {
  done: Promise<T>;
  stop(): void;
}

export function upload<T>(url: string, fields: Record<string, string | File>, progress: (part: number) => void, method = "POST"): Upload<T> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  const request = new XMLHttpRequest();
  const done = new Promise<T>((resolve, reject) => {
    const fail = (refusal: Refusal) => reject(new UploadFailed(refusal));
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onload = () => {
      const answer = parse(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(answer as T);
      else fail((answer as Refusal | null) ?? { code: request.status === 413 ? "too_large" : "internal", message: "" });
    };
    request.onerror = request.onabort = () => fail({ code: "unavailable", message: "" });
    request.open(method, url);
    request.send(body);
  });
  return { done, stop: () => request.abort() };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
