/**
 * Random sequences of commands: most of them single ones, some of them short scenes that chance alone would
 * seldom play, such as a crash with all that follows it. Shrinking takes scenes apart as well.
 */

import fc from "fast-check";
import { OPERATOR_MOVES, type OperatorMove } from "../../nouns/lifecycle.ts";
import { type Command, type Draft, type Ending, type LeasePick, QUEUES, type Step } from "./command.ts";

const pick = fc.constantFrom;
const queue = pick("a", "a", ...QUEUES);
const session = pick(0, 1, 2, 3);
const number = fc.nat({ max: 30 });
const delayMs = pick(0, 0, 0, 1_000, 3_000);
const leaseMs = pick(1_000, 1_000, 4_000);

const some = <T>(item: fc.Arbitrary<T>, max: number): fc.Arbitrary<T[]> =>
  fc.array(item, { minLength: 1, maxLength: max, size: "max" });

const dedupe = fc.record({
  key: pick("k", "l"),
  while: pick<NonNullable<Draft["dedupe"]>["while"][]>(
    "waiting",
    "waiting",
    "open",
    { forMs: 1_500 },
    { forMs: 5_000 },
  ),
  onConflict: pick("skip", "skip", "replace", "extend"),
});

const draft: fc.Arbitrary<Draft> = fc.record({
  queue,
  id: fc.nat({ max: 14 }),
  name: pick("x", "x", "x", "y"),
  version: pick(1, 1, 1, 2),
  payload: pick('{"n":1}', '{"n":1}', '{ "n": 1 }', '{"n":2}'),
  priority: pick(0, 0, 0, 1, 2),
  start: pick<Draft["start"][]>(
    { delayMs: 0 },
    { delayMs: 0 },
    { delayMs: 0 },
    { delayMs: 1_000 },
    { fromNowMs: 2_000 },
    { fromNowMs: -1 },
  ),
  expiresInMs: pick(null, null, null, null, null, null, 1_000, 4_000),
  maxAttempts: pick(1, 2, 3),
  onLeaseLost: pick("retry", "retry", "retry", "retry", "hold", "dead"),
  dedupe: fc.option(dedupe, { freq: 1 }),
});

const lease: fc.Arbitrary<LeasePick> = fc.record({ from: pick("held", "held", "held", "ever"), nth: number });
const ending = pick<Ending[]>("complete", "complete", "retry", "retry", "bury", "stop", "release", "release", "rescue");

type Fields<D extends Command["do"]> = Omit<Extract<Command, { readonly do: D }>, "do">;

/** Commands of one kind, with these fields. */
const of = <D extends Command["do"]>(
  kind: D,
  fields: { readonly [K in keyof Fields<D>]: fc.Arbitrary<Fields<D>[K]> },
): fc.Arbitrary<Command> => fc.record({ do: fc.constant(kind), ...fields }) as fc.Arbitrary<Command>;

const asked = pick(["a", "b"] as const, ["b", "a"] as const, ["a"] as const, ["b"] as const).chain((names) =>
  fc.tuple(
    ...names.map((name) =>
      fc.record({
        queue: fc.constant(name),
        max: pick(1, 3, 9, 9),
        knows: pick("all", "all", "all", "all", "x1", "y2"),
      }),
    ),
  ),
);
const enqueue = of("enqueue", { jobs: some(draft, 4) });
const claim = of("claim", { session, max: pick(1, 2, 9, 9), queues: asked, held: fc.boolean(), leaseMs });
const end = fc.record({
  lease,
  ending,
  delayMs,
  guard: pick("held", "held", "held", "expired"),
  followUps: fc.array(draft, { maxLength: 2, size: "max" }),
});
const settle = of("settle", { ends: some(end, 3) });
const wait = of("wait", { ms: pick(1, 500, 1_000, 1_000, 1_000, 2_000, 4_000) });

const moving = {
  jobs: some(number, 2),
  payload: pick(null, null, '{"n":1}', '{"n":3}'),
  delayMs,
  priority: pick(0, 1, 2),
};
const move = of("move", {
  ...moving,
  move: pick(...OPERATOR_MOVES),
  of: pick("fit", "fit", "all"),
  expect: pick("any", "any", "any", "known", "old"),
  named: pick(true, true, false),
});
const makes = (what: OperatorMove): fc.Arbitrary<Command> =>
  of("move", {
    ...moving,
    move: fc.constant(what),
    of: fc.constant("fit"),
    expect: fc.constant("any"),
    named: fc.constant(true),
  });

const single: fc.Arbitrary<Command> = fc.oneof(
  { weight: 16, arbitrary: enqueue },
  { weight: 18, arbitrary: claim },
  { weight: 18, arbitrary: settle },
  { weight: 14, arbitrary: move },
  { weight: 10, arbitrary: wait },
  { weight: 4, arbitrary: of("look", {}) },
  { weight: 8, arbitrary: of("rescue", {}) },
  {
    weight: 3,
    arbitrary: of("extend", { session, leaseMs, others: fc.array(lease, { maxLength: 3, size: "max" }) }),
  },
  {
    weight: 4,
    arbitrary: of("append", { entries: some(fc.record({ lease, kind: pick("progress", "log", "page-done") }), 3) }),
  },
  { weight: 1, arbitrary: of("retire", { session }) },
  { weight: 4, arbitrary: of("crash", { session }) },
  { weight: 4, arbitrary: of("pause", { queue, on: pick(true, false) }) },
  { weight: 2, arbitrary: of("bound", { queue, maxSize: pick(null, null, 0, 1, 2, 4) }) },
  { weight: 2, arbitrary: of("expire", {}) },
  {
    weight: 3,
    arbitrary: of("purge", {
      queue,
      state: pick("completed", "dead", "cancelled"),
      keep: fc.record({
        ageMs: pick(null, null, 0, 1_000, 10_000),
        count: pick(null, null, 0, 1, 2),
        // About one job with an error, and a few without.
        bytes: pick(null, null, 7, 21, 150),
      }),
      limit: pick(1, 2, 1_000, 1_000),
    }),
  },
  { weight: 1, arbitrary: of("wait", { ms: fc.constant(86_400_001) }) },
);

const everything = fc.constant([
  { queue: "a", max: 9, knows: "all" },
  { queue: "b", max: 9, knows: "all" },
] as const);

/** A session takes what it can get and is never heard of again; its jobs are rescued, and its successor claims. */
const crash = session.chain((nth) => {
  const own = fc.constant(nth);
  const takes = of("claim", {
    session: own,
    max: pick(1, 9, 9),
    queues: everything,
    held: fc.boolean(),
    leaseMs: fc.constant(1_000),
  });
  return fc.tuple(
    takes,
    of("crash", { session: own }),
    of("wait", { ms: pick(999, 1_000, 4_000) }),
    of("rescue", {}),
    takes,
  );
});

/** A job leaves its key at the claim, another takes it, and the first wants to come back. */
const twins = fc.tuple(draft, fc.nat({ max: 14 })).chain(([one, id]) => {
  const keyed = { ...one, start: { delayMs: 0 }, dedupe: { key: "k", while: "waiting", onConflict: "skip" } } as const;
  const add = (job: Draft): fc.Arbitrary<Command> => of("enqueue", { jobs: fc.constant([job]) });
  const back = fc.record({
    lease: fc.constant({ from: "held", nth: 0 } as const),
    ending: pick<Ending[]>("retry", "release", "rescue"),
    delayMs,
    guard: fc.constant("held" as const),
    followUps: fc.constant([]),
  });
  return fc.tuple(add(keyed), claim, add({ ...keyed, id }), of("settle", { ends: fc.tuple(back) }));
});

/** Cancels that come while the job runs, asked twice, before its worker or a rescuer ends it. */
const stopped = fc.tuple(
  claim,
  makes("cancel"),
  makes("cancel"),
  fc.oneof(settle, wait),
  fc.oneof(settle, of("rescue", {})),
);

const regret = fc.oneof(
  fc.tuple(makes("requeue"), makes("revert")),
  fc.tuple(makes("remove"), single, makes("restore")),
);

const commands: fc.Arbitrary<readonly Command[]> = fc.oneof(
  { weight: 17, arbitrary: single.map((one) => [one]) },
  { weight: 1, arbitrary: crash },
  { weight: 1, arbitrary: twins },
  { weight: 1, arbitrary: stopped },
  { weight: 1, arbitrary: regret },
);

/** About 40 steps, at most some 200. Each is made through one of two handles on the store. */
export const sequences: fc.Arbitrary<readonly Step[]> = fc
  .array(fc.record({ via: pick<(0 | 1)[]>(0, 0, 1), commands }), { minLength: 1, maxLength: 60, size: "max" })
  .map((scenes) => scenes.flatMap((scene) => scene.commands.map((command) => ({ via: scene.via, command }))));
