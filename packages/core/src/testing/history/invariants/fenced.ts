/** I6: no write of a worker is accepted under a lease that it does not hold. */

import { isFinal } from "../../../nouns/lifecycle.ts";
import type { Invariant } from "../cases.ts";
import { type AcceptedEnd, isSound, type JobFacts } from "../facts.ts";
import type { Turn } from "../story.ts";

export const fenced: Invariant = {
  id: "I6",
  name: "no stale write accepted",
  says: "every end and every event of a handler that was accepted belongs to the lease that the job was under",
  check({ jobs }, cases) {
    for (const job of jobs.values())
      for (const says of verdicts(job)) cases.judge(says === null, { job: job.ref }, () => says ?? "");
  },
};

/** One for each write that was accepted: `null`, or what is wrong with it. */
function* verdicts(job: JobFacts): Iterable<string | null> {
  const fault = job.stored?.story.fault;
  if (fault?.kind === "unfenced") yield fault.says;
  if (!isSound(job)) return;
  const { turns } = job.stored.story;
  yield* ends(job, turns);
  yield* notes(job, turns);
}

/** Each accepted end must be one of the ends that the events tell of its epoch, and take it from the others. */
function* ends({ accepted, claims }: JobFacts, turns: readonly Turn[]): Iterable<string | null> {
  const left = new Set(turns);
  const finals = new Set<string>();
  for (const end of accepted) {
    const lease = `${end.epoch} ${end.token}`;
    // The same final end again is I4's business.
    if (isFinal(end.state) && finals.has(lease)) continue;
    if (isFinal(end.state)) finals.add(lease);
    const turn = [...left].find((one) => one.epoch === end.epoch && isEndOf(one, end));
    if (turn) left.delete(turn);
    const text = `${end.move} of epoch ${end.epoch}`;
    if (turn === undefined) yield `${text} was answered with ok, and that lease did not end so`;
    else yield isKnown(claims, turns, end) ? null : `${text} was answered with ok to the token ${end.token}`;
  }
}

/** A cancel turns a decision into `stop`, a twin into `yield`. */
const isEndOf = ({ end }: Turn, { move, state }: AcceptedEnd): boolean =>
  end !== null && end.state === state && (end.move === move || end.move === "stop" || end.move === "yield");

/** False if the tokens of all leases of that epoch are known, and this is none of them. */
function isKnown(claims: JobFacts["claims"], turns: readonly Turn[], { epoch, token }: AcceptedEnd): boolean {
  const tokens = new Set(claims.filter((one) => one.epoch === epoch).map((one) => one.token));
  return tokens.has(token) || tokens.size < turns.filter((one) => one.epoch === epoch).length;
}

function* notes({ notes: accepted }: JobFacts, turns: readonly Turn[]): Iterable<string | null> {
  for (const epoch of new Set(accepted)) {
    const answered = accepted.filter((one) => one === epoch).length;
    const written = turns.reduce((sum, turn) => sum + (turn.epoch === epoch ? turn.notes : 0), 0);
    const says = `${answered} events of epoch ${epoch} were answered with ok, and ${written} stand under that lease`;
    yield answered <= written ? null : says;
  }
}
