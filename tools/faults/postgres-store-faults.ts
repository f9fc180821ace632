/** Faults that only Postgres can have: connections, transactions of callers, notifications, migrations. */

import type { OwnFaults } from "./adapter-patch.ts";
import { CONTRACT_FAULTS } from "./contract-faults.ts";
import { chapter, inSql, ownTests, postgres } from "./postgres-patch.ts";

export const POSTGRES_STORE_FAULTS: OwnFaults = {
  "call-outside-of-tx": {
    promise: "an enqueue shares the fate of its caller's transaction",
    patches: [
      postgres("store.ts", "if (tx !== undefined) return this.#within(tx, (db, marks) => work({ db, ...marks }));", ""),
    ],
    guard: chapter("transactions"),
  },
  "step-outside-of-tx": {
    promise: "a completion shares the fate of its caller's transaction",
    patches: [
      postgres(
        "store.ts",
        "if (tx !== undefined) return this.#within(tx, async (db, marks) => work({ db, now: await timeOf(db), ...marks }));",
        "",
      ),
    ],
    guard: chapter("transactions"),
  },
  "failure-not-undone-in-tx": {
    promise: "a call that fails leaves the caller's transaction as it was",
    patches: [postgres("borrowed.ts", "await db.run(undo, {}).then(", "await Promise.resolve().then(")],
    guard: ownTests("transactions", "keeps its transaction"),
  },
  "brackets-crossed": {
    promise: "calls at once in one transaction are undone each by itself",
    patches: [postgres("borrowed.ts", "this.#busy.set(executor, running);", "")],
    guard: ownTests("transactions", "what one of them undoes"),
  },
  "tx-of-another-store": {
    promise: "a transaction leads to our own store",
    patches: [postgres("borrowed.ts", "if (found.store !== store)", "if (found.store === null)")],
    guard: ownTests("transactions", "in another database"),
  },
  "write-made-twice": {
    promise: "a change whose answer was lost is not made again",
    patches: [CONTRACT_FAULTS["lost-write-made-again"]],
    guard: ownTests("faults", "whose answer was lost"),
  },
  "undone-not-tried-again": {
    promise: "what was undone by the loss of a connection is done again",
    patches: [CONTRACT_FAULTS["undone-not-made-again"]],
    guard: ownTests("faults", "a connection that is ended"),
  },
  "deadlock-not-tried-again": {
    promise: "a step that met another one is begun anew",
    patches: [CONTRACT_FAULTS["contention-not-waited-for"]],
    guard: ownTests("store", "that meets another"),
  },
  "rollback-taken-for-commit": {
    promise: "a step is committed when the server says so",
    patches: [
      postgres("transaction.ts", "if (answer.command !== commit.text) throw", "if (answer.command === null) throw"),
    ],
    guard: ownTests("store", "hides the failure"),
  },
  "reads-of-several-states": {
    promise: "what is read together is one state",
    patches: [postgres("transaction.ts", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN READ ONLY")],
    guard: ownTests("store", "readings see one state"),
  },
  "power-loss-loses": {
    promise: "what was answered survives a loss of power",
    patches: [postgres("sql/session.sql.ts", "WHEN 'off' THEN 'on'", "WHEN 'off' THEN 'off'")],
    guard: ownTests("store", "turned off for durability"),
  },
  "numbers-as-text": {
    promise: "numbers come back as numbers",
    patches: [postgres("parsers.ts", "[builtins.INT8, toNumber],", "")],
    guard: ownTests("statements", "numbers at their ends"),
  },
  "numbers-rounded": {
    promise: "no number comes back rounded",
    patches: [postgres("parsers.ts", "if (!Number.isSafeInteger(number)) throw", "if (Number.isNaN(number)) throw")],
    guard: ownTests("statements", "numbers at their ends"),
  },
  "quotes-not-escaped": {
    promise: "a value is never a part of the statement",
    patches: [postgres("dialect.ts", "pg.escapeLiteral(value)", "JSON.stringify(value).replaceAll('\"', \"'\")")],
    guard: ownTests("statements", "hostile texts"),
  },
  "commit-not-told": {
    promise: "other processes hear of a commit",
    patches: [postgres("notifier.ts", "await this.#send(encode(news)).catch(() => {});", "encode(news);")],
    guard: ownTests("waking", "hears of a commit, and not"),
  },
  "tx-not-told": {
    promise: "others hear of a caller's transaction when it commits",
    patches: [
      postgres("store.ts", "if (marks.touched.size + marks.offered.size > 0)\n", "if (marks.touched.size < 0)\n"),
    ],
    guard: ownTests("waking", "a caller's transaction"),
  },
  "sql-call-not-told": {
    promise: "others hear of an enqueue in SQL",
    patches: [inSql("public", "PERFORM notify_queues(json_build_array(form.queue));", "")],
    guard: ownTests("sql-functions", "others are told at the commit"),
  },
  "vain-try-told": {
    promise: "nobody hears of a step that was undone",
    patches: [
      postgres(
        "store.ts",
        "return [await attempt(lent, own), own] as const;",
        "return [await attempt(lent, own).finally(() => this.wake.tell(own)), own] as const;",
      ),
    ],
    guard: ownTests("waking", "a step that failed"),
  },
  "gap-not-told": {
    promise: "after a gap in hearing whoever waits looks",
    patches: [postgres("store.ts", "onHearing: () => this.wake.missed(),", "onHearing: () => {},")],
    guard: ownTests("waking", "that is cut is back soon"),
  },
  "half-open-not-noticed": {
    promise: "a listening connection that is cut off in silence is noticed",
    patches: [postgres("listener.ts", "await ear.sleep(HEARTBEAT_MS);", "await ear.sleep(1_000 * HEARTBEAT_MS);")],
    guard: ownTests("waking", "swallowed in silence"),
  },
  "deaf-and-calm": {
    promise: "who hears nobody looks at the poll floor",
    patches: [
      postgres(
        "wake.ts",
        `this.hearing === "listening" ? this.#parts.pollMs`,
        `this.hearing !== "off" ? this.#parts.pollMs`,
      ),
    ],
    guard: ownTests("waking", "swallowed in silence"),
  },
  "migrated-by-two": {
    promise: "many that migrate at once migrate once",
    patches: [postgres("migrate.ts", "await db.run(lockSchema, { schema });", "")],
    guard: ownTests("schema", "run by many at once"),
  },
  "old-schema-used": {
    promise: "an old schema is refused with the command to run",
    patches: [postgres("migrate.ts", `if (version < wanted) return "old";`, "")],
    guard: ownTests("schema", "that is old"),
  },
  "newer-schema-used": {
    promise: "a newer schema is refused unless it says otherwise",
    patches: [postgres("migrate.ts", `return compatibleFrom <= wanted ? "ready" : "new";`, `return "ready";`)],
    guard: ownTests("schema", "changed what this one knows"),
  },
  "sql-call-unchecked": {
    promise: "a bad call in SQL is refused",
    patches: [inSql("checks", "PERFORM check_json(payload, subject);", "")],
    guard: ownTests("sql-functions"),
  },
  "sql-call-on-any-path": {
    promise: "a call in SQL does not depend on its session",
    patches: [
      inSql(
        "enqueue",
        "bounded boolean) RETURNS text\n  LANGUAGE plpgsql SET search_path = jobyard, pg_temp AS $$\n  DECLARE",
        "bounded boolean) RETURNS text\n  LANGUAGE plpgsql AS $$\n  DECLARE",
      ),
    ],
    guard: ownTests("sql-functions"),
  },
  "served-claim-keeps-the-rest": {
    promise: "what a claim that is served does not take is offered to others",
    patches: [postgres("serve.ts", "call.offered.add(form.queue);", "call.touched.add(form.queue);")],
    guard: ownTests("serving"),
  },
  "served-before-its-turn": {
    promise: "a job that comes is not handed over while others stand in line",
    patches: [
      inSql("claim", "is_expected AND NOT EXISTS (SELECT FROM ready WHERE lane = ANY (known_lanes))", "is_expected"),
    ],
    guard: ownTests("serving"),
  },
  "claim-fails-the-enqueue": {
    promise: "what keeps a claim from being made does not keep jobs out of the store",
    patches: [postgres("serve.ts", "    return passedOver(service, alone);\n", "    throw error;\n")],
    guard: ownTests("serving"),
  },
  "served-claim-is-not-told": {
    promise: "who waits for a claim is told when its answer is lost",
    patches: [postgres("serve.ts", "service.fail(error);", "service.withdraw();")],
    guard: ownTests("serving"),
  },
};
