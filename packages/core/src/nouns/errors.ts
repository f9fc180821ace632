/**
 * Errors with a code that never changes.
 *
 * `code` is the contract, `message` is for people. Every code has a page `docs/errors/<CODE>.md` with
 * cause and cure, and a test fails if one is missing. What is expected is a value, not an exception:
 * a lost lease is an answer, a missing job is `null`.
 */

/** What happened, and what to do: the text that API, CLI and page show alike. */
export const ERROR_CODES = {
  ALREADY_STARTED: "This worker was started before. Create a new one with yard.worker(…).",
  ADAPTER_MISSING: "The adapter for this URL is not installed. Install the package named here.",
  BAD_CURSOR: "This cursor was not made by this list. Start again from the first page.",
  BAD_DURATION:
    'A duration is a number of milliseconds or a text like "250ms", "10s", "5m", "2h" or "7d", from 0 to 100 years.',
  BAD_NAME:
    "Names and ids have 1 to 128 printable characters, no colon and no control characters, and an id is neither a plain number nor one of the words that Redis needs (wait, active, id …). Change the field named here.",
  BAD_OPTION: "An option has a value that cannot be used. Change the field named here.",
  BAD_QUERY: "The search cannot be understood. See the place named here, or the list of fields in the documentation.",
  BAD_URL: "JOBYARD_URL must be sqlite:<file>, postgres://… or redis://…. Correct the URL.",
  CAPABILITY_MISSING:
    "This backend cannot do what the option named here asks for. Choose another backend or drop the option.",
  CONFIG_INVALID: "The configuration has faults. Correct every line listed here and start again.",
  FORBIDDEN: "Your role does not allow this. Ask an administrator for the permission named here.",
  HANDLER_MISSING: "No handler is registered for this job name. Register one, or start a worker that has it.",
  HANDLER_TIMEOUT:
    "The handler ran longer than its timeout, and its signal was aborted. Raise the timeout or make the work shorter.",
  ID_CONFLICT: "Another job with this id has another payload. Use a new id, or remove the job first.",
  INTERNAL: "Something failed that Jobyard does not know. Run it again with JOBYARD_DEBUG=1 to see where.",
  JOB_ACTIVE: "The job is running and cannot be removed. Cancel it first.",
  JOB_AMBIGUOUS: "Several queues have a job with this id. Name it as queue/id.",
  JOB_NOT_FOUND: "There is no such job. It may have been removed by retention; check queue and id.",
  LEASE_EXPIRED: "The worker that ran this attempt stopped sending heartbeats. It probably crashed or was blocked.",
  LEASE_LOST: "The lease on this job is no longer ours, so nothing was written. Stop working on it.",
  LOGIN_FAILED: "Name or password is wrong. Check both and try again.",
  LOGIN_REQUIRED: "You are not logged in, or the session has ended. Log in again.",
  MODULE_EMPTY:
    "The module exports no jobs with handlers. Export defineJob(…).handler(…) by name, or an array of them as default.",
  MODULE_FAILED: "The job module could not be loaded. Correct what is named here; `node <file>` shows the whole error.",
  MOVE_REFUSED: "The job's state does not allow this. Look at its state and choose another action.",
  PAYLOAD_INVALID: "The payload is not what the job accepts. Correct what is named here.",
  PAYLOAD_TOO_LARGE: "The payload is over the size limit. Store the data elsewhere and pass a reference.",
  PAYLOAD_UNSERIALISABLE: "The payload cannot be written as JSON. Remove functions, cycles, BigInt and undefined.",
  PORT_IN_USE: "The port is taken by another program. Set PORT to a free one.",
  QUEUE_FULL: "The queue is at its maximum size, so the job was not accepted. Try again after retryAfterMs.",
  RATE_LIMITED: "Too many tries. Wait until the time named here.",
  RESULT_INVALID: "A follow-up of this job was refused. Correct what the job's `followUps` returns.",
  RESULT_TOO_LARGE: "The result is over the size limit. Store the data elsewhere and return a reference.",
  RESULT_UNSERIALISABLE:
    "The handler's result cannot be written as JSON. Return plain data without BigInt, cycles or functions.",
  SCHEMA_MISSING: "The database has no Jobyard tables. Run the command named here.",
  SCHEMA_TOO_NEW: "The database was migrated by a newer Jobyard. Upgrade this installation.",
  SCHEMA_TOO_OLD: "The database needs a migration. Run the command named here.",
  STORE_BUSY: "The database stayed locked by another process. Find the process that holds it, or try again.",
  STORE_CLOSED: "This yard was closed. Open a new one.",
  STORE_CORRUPT:
    "The file is not a Jobyard database, or it is damaged. Restore it from a backup, or choose another file.",
  STORE_FULL: "The disk or the database is full, so nothing was written. Free some space and try again.",
  STORE_UNAVAILABLE: "The database cannot be reached or opened. Check that it exists and that this process may use it.",
  STORE_UNSAFE:
    "The store would not keep what Jobyard promises there. Change what is named here, or keep the jobs elsewhere.",
  UNKNOWN_JOB: "No job type of this name is known here. Check the spelling, or load the module that defines it.",
  UNRECOVERABLE: "The handler said that trying again cannot help.",
  USAGE: "The command was not understood. See --help.",
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** One place where a payload differs from its schema. */
export interface Issue {
  /** Dotted path into the payload, "" for the payload itself. */
  readonly path: string;
  readonly message: string;
}

export interface ErrorFacts {
  /** The option, column or path that is wrong. */
  readonly field?: string;
  readonly issues?: readonly Issue[];
  /** When trying again makes sense, in ms from now. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** Marks our errors across two loaded copies of this module. */
const MARK = Symbol.for("jobyard.QueueError");

export class QueueError extends Error {
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly issues: readonly Issue[];
  readonly retryAfterMs: number | undefined;
  /** What is particular to this case, without the code's general text. */
  readonly detail: string;

  /** @param detail - what is particular to this case: a name, a path, a value. Goes before the code's own text. */
  constructor(code: ErrorCode, detail: string, facts: ErrorFacts = {}) {
    super(
      `${detail}${detail === "" || /[.!?]$/.test(detail) ? " " : ". "}${ERROR_CODES[code]}`.trim(),
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.name = "QueueError";
    this.code = code;
    this.detail = detail;
    this.field = facts.field;
    this.issues = facts.issues ?? [];
    this.retryAfterMs = facts.retryAfterMs;
    Object.defineProperty(this, MARK, { value: true });
  }
}

/** The queue was full; `retryAfterMs` says when a place may be free. */
export class QueueFullError extends QueueError {
  constructor(queue: string, retryAfterMs: number) {
    super("QUEUE_FULL", `queue ${queue}`, { field: "queue", retryAfterMs });
    this.name = "QueueFullError";
  }
}

/** Thrown by a handler: the job is buried at once, whatever attempts are left. */
export class UnrecoverableError extends QueueError {
  constructor(message: string, cause?: unknown) {
    super("UNRECOVERABLE", message, { cause });
    this.name = "UnrecoverableError";
    this.message = message;
  }
}

/** True for our errors, of any copy of this module, and of that code if one is given. */
export function isQueueError(error: unknown, code?: ErrorCode): error is QueueError {
  return (
    typeof error === "object" &&
    error !== null &&
    MARK in error &&
    (code === undefined || (error as { readonly code?: unknown }).code === code)
  );
}
