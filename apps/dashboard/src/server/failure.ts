import "server-only";

/**
 * What a browser is told of an error: its code and its text, nothing else.
 *
 * An error that is not ours may hold anything (a path, a query, a payload): it goes to the log under a
 * reference, and the browser gets the reference.
 */

import { randomUUID } from "node:crypto";
import { type ErrorCode, type Issue, isQueueError, QueueError } from "@jobyard/core";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field: string | null;
  readonly issues: readonly Issue[];
  readonly retryAfterMs: number | null;
}

export function failureOf(error: unknown): Failure {
  const known = findKnown(error);
  if (known === null) {
    const message = `Something failed on the server. Its log has the details under ${referenceOf(error)}.`;
    return { code: "INTERNAL", message, field: null, issues: [], retryAfterMs: null };
  }
  const { code, message, field, issues, retryAfterMs } = known;
  return { code, message, field: field ?? null, issues, retryAfterMs: retryAfterMs ?? null };
}

/** One line of JSON for what the browser was not told; nothing for errors that are ours. */
export function logUnknown(error: unknown, doing: string): void {
  if (findKnown(error) !== null) return;
  const cause = error instanceof TRPCError && error.cause ? error.cause : error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  process.stderr.write(
    `${JSON.stringify({ level: "error", at: new Date().toISOString(), ref: referenceOf(error), doing, error: text })}\n`,
  );
}

export function trpcErrorOf(error: QueueError): TRPCError {
  return new TRPCError({ code: TRPC_CODES[error.code] ?? "BAD_REQUEST", message: error.message, cause: error });
}

export const httpStatusOf = (code: ErrorCode): number => HTTP_STATUS[TRPC_CODES[code] ?? "BAD_REQUEST"];

const TRPC_CODES: Partial<Record<ErrorCode, keyof typeof HTTP_STATUS>> = {
  LOGIN_REQUIRED: "UNAUTHORIZED",
  LOGIN_FAILED: "UNAUTHORIZED",
  FORBIDDEN: "FORBIDDEN",
  JOB_NOT_FOUND: "NOT_FOUND",
  RATE_LIMITED: "TOO_MANY_REQUESTS",
  MOVE_REFUSED: "CONFLICT",
  JOB_ACTIVE: "CONFLICT",
  PAYLOAD_TOO_LARGE: "PAYLOAD_TOO_LARGE",
  STORE_BUSY: "SERVICE_UNAVAILABLE",
  STORE_FULL: "SERVICE_UNAVAILABLE",
  STORE_CLOSED: "SERVICE_UNAVAILABLE",
  STORE_UNAVAILABLE: "SERVICE_UNAVAILABLE",
};

const HTTP_STATUS = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  SERVICE_UNAVAILABLE: 503,
} as const;

function findKnown(error: unknown): QueueError | null {
  if (isQueueError(error)) return error;
  if (!(error instanceof TRPCError)) return null;
  if (isQueueError(error.cause)) return error.cause;
  if (error.cause instanceof ZodError) {
    const issues = error.cause.issues.map(({ path, message }) => ({ path: path.join("."), message }));
    return new QueueError("BAD_OPTION", issues.map(({ path, message }) => `${path}: ${message}`).join("; "), {
      issues,
    });
  }
  return error.code === "INTERNAL_SERVER_ERROR" ? null : new QueueError("USAGE", error.message);
}

const references = new WeakMap<object, string>();

function referenceOf(error: unknown): string {
  const key = error instanceof TRPCError && error.cause ? error.cause : error;
  if (typeof key !== "object" || key === null) return "unknown";
  const reference = references.get(key) ?? randomUUID().slice(0, 8);
  references.set(key, reference);
  return reference;
}
