import { RETRYABLE, type Code, type Refusal } from "./wire.js";

/**
 * What went wrong on this side of the wire. After `no_answer` it is unknown whether the request was done;
 * `not_connected` was never sent, and after `closed` nothing is. `storage_failed` is an error of the storage.
 */
export type LocalCode = "no_answer" | "not_connected" | "closed" | "storage_failed";

/** A refused or failed request. `code` is stable, `message` is for people. */
export class MadangError extends Error {
  override readonly name = "MadangError";
  readonly code: Code | LocalCode;
  /** The field of the request that is wrong. */
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    { code, message, field, retryAfterMs }: Omit<Refusal, "code"> & { code: Code | LocalCode },
    /** The status of the answer, of a call of REST. */
    readonly status?: number,
  ) {
    super(message);
    this.code = code;
    this.field = field;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may succeed later. A send is repeated with the same key. */
  get isRetryable(): boolean {
    return this.code === "no_answer" || this.code === "not_connected" || RETRYABLE.includes(this.code);
  }
}

export const localError = (code: LocalCode, message: string): MadangError => new MadangError({ code, message });

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
