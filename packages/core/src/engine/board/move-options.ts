/** What a person may pass to a move, a pause or a change of settings: checked once, before any store. */

import type { ApplyOptions, SettingsChange } from "../../contract/adapter.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import { LONGEST_MS } from "../../nouns/duration.ts";
import type { JsonText } from "../../nouns/job.ts";
import type { OperatorMove } from "../../nouns/lifecycle.ts";
import { badOption, checkInteger, checkKnown } from "../../nouns/options.ts";
import { checkRetention } from "../../nouns/retention.ts";
import type { SettingsOption } from "../surface.ts";
import { checkSize, parseJson, payloadRule } from "../yard/payload.ts";

type Extra = "payload" | "delayMs" | "priority";

/** What each move takes besides who, why and which; `needed` must be given. Anything else is refused, not ignored. */
const EXTRAS: Readonly<
  Record<OperatorMove, { readonly needed: readonly (Extra | "opId")[]; readonly may: readonly Extra[] }>
> = {
  cancel: { needed: [], may: [] },
  requeue: { needed: [], may: ["payload", "delayMs"] },
  promote: { needed: [], may: [] },
  reschedule: { needed: ["delayMs"], may: [] },
  reprioritise: { needed: ["priority"], may: [] },
  edit: { needed: ["payload"], may: [] },
  revert: { needed: ["opId"], may: [] },
  remove: { needed: [], may: [] },
  restore: { needed: [], may: [] },
  park: { needed: [], may: [] },
};

/**
 * @param maxPayloadBytes - of a payload that is given, in UTF-8
 * @throws QueueError `BAD_OPTION`, `PAYLOAD_INVALID`, `PAYLOAD_TOO_LARGE`
 */
export function checkMoveOptions(move: OperatorMove, options: ApplyOptions, maxPayloadBytes: number): ApplyOptions {
  const { needed, may } = EXTRAS[move];
  const given = definedOnly(options);
  checkKnown(given, ["actor", "reason", "opId", "expectEpoch", ...needed, ...may], move);
  for (const field of needed) if (given[field] === undefined) throw badOption(field, `${move} needs it`);
  checkActor(given);
  checkText(given.opId, "opId");
  if (given.payload !== undefined) checkPayload(given.payload, maxPayloadBytes);
  if (given.delayMs !== undefined) checkInteger(given.delayMs, 0, LONGEST_MS, "delayMs");
  if (given.priority !== undefined) checkInteger(given.priority, 0, DEFAULTS.maxPriority, "priority");
  if (given.expectEpoch !== undefined) checkInteger(given.expectEpoch, 0, Number.MAX_SAFE_INTEGER, "expectEpoch");
  return given;
}

/** Who and why. @throws QueueError `BAD_OPTION` */
export function checkActor({ actor, reason }: { readonly actor: string; readonly reason?: string }): void {
  if (typeof actor !== "string" || actor.trim() === "") throw badOption("actor", "say who does this");
  checkText(actor, "actor");
  checkText(reason, "reason");
}

const SETTINGS = ["maxSize", "retention"] as const;

/** @throws QueueError `BAD_OPTION`, `BAD_DURATION` */
export function checkSettings(change: SettingsOption): SettingsChange {
  const given = definedOnly(change);
  checkKnown(given, SETTINGS, "configure");
  if (Object.keys(given).length === 0) throw badOption("change", `give one of ${SETTINGS.join(", ")}`);
  const { maxSize, retention } = given;
  if (maxSize !== undefined && maxSize !== null) checkInteger(maxSize, 1, Number.MAX_SAFE_INTEGER, "maxSize");
  return {
    ...(maxSize !== undefined && { maxSize }),
    ...(retention !== undefined && { retention: checkRetention(retention) }),
  };
}

function checkPayload(payload: JsonText, maxBytes: number): void {
  if (typeof payload !== "string") throw badOption("payload", "JSON as text");
  parseJson(checkSize(payload, payloadRule("payload", maxBytes)), "payload");
}

/** Reasons and names that are kept in every event and audit line. */
const LONGEST_TEXT = 500;

function checkText(value: string | undefined, field: string): void {
  if (value === undefined) return;
  if (typeof value !== "string" || value.length > LONGEST_TEXT)
    throw badOption(field, `a text of at most ${LONGEST_TEXT} characters`);
}

/** `undefined` is what front ends pass for "not given"; a store must not meet it. */
const definedOnly = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
