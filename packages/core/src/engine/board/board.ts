/**
 * The board: all reading and every move a person can ask for, for every front end alike.
 *
 * It checks what people pass and leaves the rest to the store; it keeps nothing itself.
 */

import type { Adapter, MoveResult, QueueInfo } from "../../contract/adapter.ts";
import { FACET_FIELDS } from "../../contract/adapter.ts";
import { explain } from "../../decisions/explain.ts";
import { parseQuery } from "../../decisions/query/parse.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import { QueueError } from "../../nouns/errors.ts";
import type { Filter } from "../../nouns/filter.ts";
import { OPERATOR_MOVES, type OperatorMove, ruleOf } from "../../nouns/lifecycle.ts";
import { checkName } from "../../nouns/names.ts";
import { badOption, checkInteger } from "../../nouns/options.ts";
import type { Ports } from "../../nouns/ports.ts";
import type { Board, Query } from "../surface.ts";
import { readAttempts } from "./attempts.ts";
import { BULK_PAGE, moveAllMatching, previewBulk } from "./bulk.ts";
import { examineYard } from "./health.ts";
import { locateJob } from "./locate.ts";
import { checkActor, checkMoveOptions, checkSettings } from "./move-options.ts";
import { readAudit, readWorkers } from "./stored-records.ts";

export interface BoardOptions {
  /** Of a payload that a person gives to `requeue` or `edit`. Default 1 MiB, as for producers. */
  readonly maxPayloadBytes?: number;
}

export function createBoard(adapter: Adapter, ports: Ports, options: BoardOptions = {}): Board {
  const { reader, operator, records } = adapter;
  const maxPayloadBytes = options.maxPayloadBytes ?? DEFAULTS.maxPayloadBytes;
  // Only times without a date need a clock here, so this one will do; ages are judged by the store's.
  const filterOf = (query: Query): Filter => (typeof query === "string" ? parseQuery(query, ports.now()) : query);

  return {
    now: () => reader.now(),
    watch: (onHint) => reader.watch(onHint),
    queues: () => reader.queues(),
    queue: async (name) => theOne(name, await reader.queues(checkName(name, "queue"))),

    jobs: async ({ query, limit = 50, cursor = null }) =>
      reader.list({ filter: filterOf(query), limit: checkInteger(limit, 1, 200, "limit"), cursor }),
    count: async (query, cap = DEFAULTS.countCap) =>
      reader.count(filterOf(query), checkInteger(cap, 1, DEFAULTS.searchRows, "cap")),
    phases: async (query) =>
      reader.phases(
        filterOf(query).filter((term) => term.field !== "state"),
        DEFAULTS.countCap,
      ),
    async facets(query, field, limit = 10) {
      if (!FACET_FIELDS.includes(field)) throw badOption("field", `one of ${FACET_FIELDS.join(", ")}`);
      return reader.facets(filterOf(query), field, checkInteger(limit, 1, 100, "limit"));
    },

    job: async (ref) => (await reader.get([ref]))[0] ?? null,
    locate: (text) => locateJob(reader, text),
    events: async (ref, after = 0, limit = 500) =>
      reader.events(
        ref,
        checkInteger(after, 0, Number.MAX_SAFE_INTEGER, "after"),
        checkInteger(limit, 1, 1_000, "limit"),
      ),
    attempts: (ref) => readAttempts(reader, ref),
    async explain(ref) {
      const [facts, workers] = await Promise.all([reader.explainFacts(ref), readWorkers(records)]);
      return facts === null ? [] : explain(facts, workers, adapter.capabilities.coworkers);
    },
    workers: () => readWorkers(records),
    examine: () => examineYard(adapter, ports),
    audit: async (limit = 100) => readAudit(records, checkInteger(limit, 1, 1_000, "limit")),

    preview: async (query, how) => previewBulk(reader, filterOf(query), how),
    async move(move, refs, given) {
      const checked = checkMoveOptions(checkMove(move), given, maxPayloadBytes);
      const results: MoveResult[] = [];
      for (let from = 0; from < refs.length; from += BULK_PAGE)
        results.push(...(await operator.apply(move, refs.slice(from, from + BULK_PAGE), checked)));
      return results;
    },
    async moveMatching(move, query, { upTo, rate, signal, onProgress, onResults, ...given }) {
      if (ruleOf(checkMove(move)).from.length === 0) throw badOption("move", `${move} needs the jobs by name`);
      if (given.expectEpoch !== undefined) throw badOption("expectEpoch", "it belongs to one job");
      if (rate !== undefined && !(rate > 0)) throw badOption("rate", "jobs per second, above 0");
      return moveAllMatching(adapter, ports, move, filterOf(query), checkMoveOptions(move, given, maxPayloadBytes), {
        upTo: checkInteger(upTo, 0, Number.MAX_SAFE_INTEGER, "upTo"),
        rate: rate ?? null,
        signal,
        onProgress,
        onResults,
      });
    },

    async pause(queue, given) {
      checkActor(given);
      return operator.pause(checkName(queue, "queue"), given);
    },
    async resume(queue, given) {
      checkActor(given);
      return operator.resume(checkName(queue, "queue"), given);
    },
    async configure(queue, change, given) {
      checkActor(given);
      return operator.configure(checkName(queue, "queue"), checkSettings(change), given);
    },
  };
}

function checkMove(move: OperatorMove): OperatorMove {
  if (OPERATOR_MOVES.includes(move)) return move;
  throw badOption("move", `one of ${OPERATOR_MOVES.join(", ")}`);
}

function theOne(name: string, queues: readonly QueueInfo[]): QueueInfo {
  const [info] = queues;
  if (info) return info;
  throw new QueueError("STORE_CORRUPT", `queue ${name}: the store does not answer for a queue that it was asked for`);
}
