/** From what a person passes to the text that is stored, and back: validate, write, measure. */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { LeasedJob } from "../../contract/adapter.ts";
import { type ErrorCode, type Issue, QueueError } from "../../nouns/errors.ts";
import type { JsonText } from "../../nouns/job.ts";
import { byteLength } from "../../nouns/json.ts";

export type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** At once for schemas that answer at once. A schema that throws is a fault in the schema, and thrown on. */
export function validate(schema: StandardSchemaV1, value: unknown): Checked | Promise<Checked> {
  const answer = schema["~standard"].validate(value);
  return answer instanceof Promise ? answer.then(toChecked) : toChecked(answer);
}

/** The stored payload as the handler gets it: parsed, and checked again by this worker's own schema. */
export type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: QueueError };

export function readPayload(
  { name, payload }: Pick<LeasedJob, "name" | "payload">,
  schema: StandardSchemaV1,
): Read | Promise<Read> {
  let input: unknown;
  try {
    input = JSON.parse(payload);
  } catch (cause) {
    return { ok: false, error: new QueueError("PAYLOAD_INVALID", `${name}: not JSON`, { cause }) };
  }
  const toRead = (checked: Checked): Read =>
    checked.ok ? checked : { ok: false, error: payloadInvalid(name, checked.issues) };
  const checked = validate(schema, input);
  return checked instanceof Promise ? checked.then(toRead) : toRead(checked);
}

export const payloadInvalid = (subject: string, issues: readonly Issue[]): QueueError =>
  new QueueError("PAYLOAD_INVALID", `${subject}: ${issues.map(printIssue).join("; ")}`, { issues });

export interface TextRule {
  readonly subject: string;
  readonly maxBytes: number;
  readonly unserialisable: ErrorCode;
  readonly tooLarge: ErrorCode;
}

export const payloadRule = (subject: string, maxBytes: number): TextRule => ({
  subject,
  maxBytes,
  unserialisable: "PAYLOAD_UNSERIALISABLE",
  tooLarge: "PAYLOAD_TOO_LARGE",
});

/** The value of the text. @throws QueueError `PAYLOAD_INVALID` if it is not JSON */
export function parseJson(text: JsonText, subject: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new QueueError("PAYLOAD_INVALID", `${subject}: not JSON: ${message}`, {
      field: "payload",
      issues: [{ path: "", message }],
      cause,
    });
  }
}

/** What has no JSON form at its root (a function, a symbol, `undefined`) is refused, not left out. */
export function toJsonText(value: unknown, rule: TextRule): JsonText {
  const text = stringify(value, rule);
  return checkSize(text, rule);
}

/** @throws QueueError of the rule, if the text is over the limit in UTF-8 bytes */
export function checkSize(text: JsonText, rule: TextRule): JsonText {
  // A UTF-16 unit is at most 3 bytes of UTF-8, so short texts need no measuring.
  if (text.length * 3 <= rule.maxBytes) return text;
  const bytes = byteLength(text);
  if (bytes <= rule.maxBytes) return text;
  throw new QueueError(rule.tooLarge, `${rule.subject}: ${bytes} bytes, at most ${rule.maxBytes}`);
}

const toChecked = (answer: StandardSchemaV1.Result<unknown>): Checked =>
  answer.issues === undefined
    ? { ok: true, value: answer.value }
    : { ok: false, issues: answer.issues.map(({ message, path }) => ({ path: printPath(path), message })) };

const printPath = (path: StandardSchemaV1.Issue["path"]): string =>
  (path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");

export const printIssue = ({ path, message }: Issue): string => (path === "" ? message : `${path}: ${message}`);

function stringify(value: unknown, rule: TextRule): JsonText {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new QueueError(rule.unserialisable, rule.subject, { cause });
  }
  if (text !== undefined) return text;
  throw new QueueError(rule.unserialisable, `${rule.subject}: ${typeof value}`);
}
