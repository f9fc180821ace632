/** A job that a search looks at: of its row only that is read, and made into values, which the filter asks for. */

import {
  type AttemptError,
  errorsIn,
  type Filter,
  type Holding,
  type Instant,
  type JsonText,
  type Parent,
  parsed,
  type Searchable,
  type State,
} from "@jobyard/core/adapter";
import { holdings } from "../leases.ts";
import {
  allLanes,
  type CandidateRow,
  type CandidateTexts,
  candidatesByPk,
  largeTexts,
  type NamedLane,
} from "../sql/read.sql.ts";
import type { View } from "../step.ts";

/** Texts up to this size are read with the row if the filter asks for them; longer ones one at a time. */
const SMALL_BYTES = 16_384;

/** Fields that are no texts, or are those of the job's type. */
const WITHOUT_TEXT: readonly string[] = [
  ...["state", "queue", "name", "version", "priority", "attempts", "wait", "run", "created", "finished", "runat"],
  ...["is:held", "is:late"],
];
const TEXTS: Readonly<Record<string, Partial<CandidateTexts>>> = {
  error: { withErrors: 1 },
  "has:error": { withErrors: 1 },
  word: { withNames: 1, withErrors: 1 },
  payload: { withPayload: 1 },
  result: { withResult: 1 },
  "has:result": {},
};

/** What the terms of a filter read. */
export function textsFor(filter: Filter): CandidateTexts {
  let texts: CandidateTexts = { withNames: 0, withErrors: 0, withPayload: 0, withResult: 0 };
  for (const term of filter) {
    const field = term.field === "flag" ? term.flag : term.field;
    if (!WITHOUT_TEXT.includes(field)) texts = { ...texts, ...(TEXTS[field] ?? { withNames: 1 }) };
  }
  return texts;
}

/** In the order of the numbers; without those that are gone. */
export function candidatesOf(view: View, pks: readonly number[], texts: CandidateTexts): readonly Candidate[] {
  let held: ReadonlyMap<number, Holding> | null = null;
  const lanes = new Map(view.db.all(allLanes, {}).map((lane) => [lane.id, lane]));
  const reads: Reads = {
    texts,
    holding(pk) {
      held ??= holdings(view);
      return held.get(pk) ?? null;
    },
    large: (pk) => view.db.get(largeTexts, { pk }) ?? { payload: "null", result: null },
  };
  const rows = view.db.all(candidatesByPk, { pks: JSON.stringify(pks), smallBytes: SMALL_BYTES, ...texts });
  return rows.flatMap((row) => {
    const lane = lanes.get(row.lane);
    return lane ? new Candidate(row, lane, reads) : [];
  });
}

/** What is read only when it is asked for. */
interface Reads {
  readonly texts: CandidateTexts;
  readonly holding: (pk: number) => Holding | null;
  readonly large: (pk: number) => Pick<Searchable, "payload" | "result">;
}

export class Candidate implements Searchable {
  readonly #row: CandidateRow;
  readonly #lane: NamedLane;
  readonly #reads: Reads;
  #holding: Holding | null | undefined;

  constructor(row: CandidateRow, lane: NamedLane, reads: Reads) {
    this.#row = row;
    this.#lane = lane;
    this.#reads = reads;
  }

  get pk(): number {
    return this.#row.pk;
  }
  get queue(): string {
    return this.#lane.queue;
  }
  get name(): string {
    return this.#lane.name;
  }
  get version(): number {
    return this.#lane.version;
  }
  get priority(): number {
    return this.#row.priority;
  }
  get runAt(): Instant {
    return this.#row.run_at;
  }
  get createdAt(): Instant {
    return this.#row.created_at;
  }
  get finishedAt(): Instant | null {
    return this.#row.finished_at;
  }
  get heldLimit(): number | null {
    return this.#row.held_limit;
  }
  get state(): State {
    return this.#lease ? "active" : this.#row.state;
  }
  get attempt(): number {
    return this.#lease ? this.#row.attempt + 1 : this.#row.attempt;
  }
  get startedAt(): Instant | null {
    return this.#lease ? this.#lease.claimedAt : this.#row.started_at;
  }
  get id(): string {
    return this.#names.id ?? "";
  }
  get reason(): Searchable["reason"] {
    return this.#names.reason;
  }
  get worker(): string | null {
    return this.#lease ? this.#lease.session : this.#names.worker;
  }
  get tags(): readonly string[] {
    return parsed(this.#names.tags) ?? [];
  }
  get group(): string | null {
    return this.#names.grp;
  }
  get dedupeKey(): string | null {
    return this.#names.dedupe_key;
  }
  get parent(): Parent | null {
    return parsed(this.#names.parent);
  }
  get lastOp(): string | null {
    return this.#names.last_op;
  }
  get progress(): JsonText | null {
    return this.#names.progress;
  }
  get errors(): readonly AttemptError[] {
    return errorsIn(this.#with("withErrors").errors);
  }
  get payload(): JsonText {
    return this.#with("withPayload").payload ?? this.#reads.large(this.pk).payload;
  }
  get result(): JsonText | null {
    if (this.#row.has_result === 0) return null;
    return this.#row.result ?? this.#reads.large(this.pk).result;
  }

  get #names(): CandidateRow {
    return this.#with("withNames");
  }

  /** What was not read must not be taken for what is not there. */
  #with(texts: keyof CandidateTexts): CandidateRow {
    if (this.#reads.texts[texts] === 0) throw new TypeError(`a search was not read ${texts}`);
    return this.#row;
  }

  /** What is stored as waiting may be in a lease. */
  get #lease(): Holding | null {
    if (this.#row.state !== "waiting") return null;
    if (this.#holding === undefined) this.#holding = this.#reads.holding(this.pk);
    return this.#holding;
  }
}
