/** Settle: decisions as the script takes them, and its answers as what they became. */

import {
  type CancelReason,
  type Decision,
  endingData,
  endOf,
  failureOf,
  type Settled,
  type Settlement,
  type State,
} from "@jobyard/core/adapter";
import { type Answer as EnqueueAnswer, receiptsOf, specOf } from "./enqueue.ts";
import { settleScript } from "./lua/settle.lua.ts";
import { type Packable, packed } from "./packed.ts";
import type { Scripts } from "./scripts.ts";

/** One script holds the server up for as long as it runs. */
const MOST_AT_ONCE = 250;

/** What BullMQ's own script has to settle: a job of one of its flows, or one with a parked next job. */
export type SettleStock = (settlement: Settlement) => Promise<Settled>;

export async function settle(
  store: Scripts,
  settlements: readonly Settlement[],
  stock: SettleStock,
): Promise<readonly Settled[]> {
  const settled: Settled[] = [];
  for (let from = 0; from < settlements.length; from += MOST_AT_ONCE) {
    const groups = groupsOf(settlements.slice(from, from + MOST_AT_ONCE));
    const answers = (await store.run(settleScript, packed(groups.map(operationOf)))) as readonly GroupAnswer[];
    const each = groups.flatMap((group, index) => {
      const told = answersOf(group, answers[index] ?? "missing");
      return group.map((settlement, place) => {
        const answer = told[place] ?? "missing";
        return answer === "stock" ? stock(settlement) : settledAs(settlement, answer);
      });
    });
    settled.push(...(await Promise.all(each)));
  }
  return settled;
}

type End = "lost" | "missing" | "live" | "stock" | readonly [State, string | null, readonly EnqueueAnswer[]];
type Answer = 0 | End;
/** A list for completions of which not all were done. */
type GroupAnswer = Answer | readonly Answer[];

const COMPLETED: Settled = { ok: true, state: "completed", reason: null, followUps: [] };

function settledAs({ decision, followUps = [] }: Settlement, answer: Exclude<Answer, "stock">): Settled {
  if (answer === 0) return COMPLETED;
  if (typeof answer === "string") return { ok: false, now: answer };
  const [state, reason, receipts] = answer;
  const following = decision.move === "complete" ? followUps : [];
  return { ok: true, state, reason: reason as CancelReason | null, followUps: receiptsOf(following, receipts) };
}

/** Completions of one claim and queue, one after the other; or one settlement of any kind. */
type Group = readonly [Settlement, ...Settlement[]];

function groupsOf(settlements: readonly Settlement[]): readonly Group[] {
  const groups: [Settlement, ...Settlement[]][] = [];
  for (const settlement of settlements) {
    const last = groups.at(-1);
    if (last !== undefined && isTogether(last[0], settlement)) last.push(settlement);
    else groups.push([settlement]);
  }
  return groups;
}

const isTogether = (a: Settlement, b: Settlement): boolean =>
  isPlain(a) &&
  isPlain(b) &&
  a.lease.token === b.lease.token &&
  a.lease.session === b.lease.session &&
  a.lease.ref.queue === b.lease.ref.queue &&
  a.guard === b.guard;

const isPlain = ({ decision, followUps = [] }: Settlement): boolean =>
  decision.move === "complete" && followUps.length === 0;

const answersOf = (group: Group, answer: GroupAnswer): readonly Answer[] =>
  group[0].decision.move === "complete" && typeof answer === "object"
    ? (answer as readonly Answer[])
    : group.map(() => answer as Answer);

function operationOf(group: Group): Packable {
  const [{ lease, guard, decision, followUps = [] }] = group;
  const { token, session, ref, epoch } = lease;
  const head = { token, session, guard, queue: ref.queue };
  if (decision.move !== "complete") return { ...head, epoch, id: ref.id, fate: fateOf(decision) };
  return {
    ...head,
    jobs: group.flatMap((one) => [one.lease.ref.id, String(one.lease.epoch), resultOf(one.decision)]),
    ...(followUps.length > 0 && { followUps: followUps.map(specOf) }),
  };
}

/** False: there is none. A list with `nil` in it would end there for the script. */
const resultOf = (decision: Decision): string | false =>
  decision.move === "complete" && decision.result !== null ? decision.result : false;

type Unfinished = Exclude<Decision, { readonly move: "complete" }>;

/** By what the scripts call them. */
export type EndName = "decided" | "cancelled" | "yielded";

/** How the store may find the job. */
const CIRCUMSTANCES: Readonly<Record<EndName, Circumstances>> = {
  decided: { cancelRequested: false, meetsTwin: () => false },
  cancelled: { cancelRequested: true, meetsTwin: () => false },
  yielded: { cancelRequested: false, meetsTwin: () => true },
};

export const endNamed = (decision: Decision, name: EndName): ReturnType<typeof endOf> =>
  endOf(decision, CIRCUMSTANCES[name]);

/** What the end may be, as the store finds the job; and what holds for each of these. */
export function fateOf(decision: Unfinished): Packable {
  const failure = failureOf(decision);
  const { decided, cancelled, yielded } = CIRCUMSTANCES;
  return {
    ends: {
      decided: endIn(decision, decided),
      cancelled: endIn(decision, cancelled),
      yielded: endIn(decision, yielded),
    },
    delayMs: "delayMs" in decision ? decision.delayMs : 0,
    // Time and attempt are put before it by the script.
    error: failure && JSON.stringify(failure).slice(1),
    message: failure?.message ?? null,
    stacktrace: failure && JSON.stringify(failure.stack === null ? [] : [failure.stack]),
    rescue: decision.move === "rescue",
    heldLimit: decision.move === "rescue" ? decision.heldLimit : null,
    keepsLimit: decision.move === "release",
  };
}

type Circumstances = Parameters<typeof endOf>[1];

function endIn(decision: Unfinished, circumstances: Circumstances): Packable {
  const end = endOf(decision, circumstances);
  const { kind, state, reason, givesBack } = end;
  const data = endingData({ ...end, decision, runAt: 0 });
  return { kind, state, reason, givesBack, data: state === "waiting" ? upToTime(data) : data };
}

/** When the job may run again only the store knows, whose clock it is; that stands at the end of the text. */
const upToTime = (data: string | null): string | null => data?.slice(0, -"0}".length) ?? null;
