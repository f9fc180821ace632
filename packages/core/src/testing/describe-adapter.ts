/**
 * What every backend must do, as a test suite in three layers: chapters of named examples that read like the
 * specification, every state with every move that it does not allow, and random command sequences beside a model.
 *
 * The suite checks `docs/writing-an-adapter.md`; where they differ, that page is right.
 */

import { describe } from "vitest";
import type { OpenBench, SuiteOptions } from "./bench.ts";
import { modelChapter } from "./model/model-chapter.ts";
import { auditChapter } from "./suite/audit.ts";
import { boundedChapter } from "./suite/bounded.ts";
import { claimChapter } from "./suite/claim.ts";
import { dedupeChapter } from "./suite/dedupe.ts";
import { enqueueChapter } from "./suite/enqueue.ts";
import { eventsChapter } from "./suite/events.ts";
import { examineChapter } from "./suite/examine.ts";
import { fencingChapter } from "./suite/fencing.ts";
import { fidelityChapter } from "./suite/fidelity.ts";
import { followUpsChapter } from "./suite/follow-ups.ts";
import { handleChapter, transactionsChapter } from "./suite/handle.ts";
import { heldChapter } from "./suite/held.ts";
import { listsChapter } from "./suite/lists.ts";
import { lookingChapter } from "./suite/looking.ts";
import { matrixChapter } from "./suite/matrix.ts";
import { operateChapter } from "./suite/operate.ts";
import { orderChapter } from "./suite/order.ts";
import { recordsChapter } from "./suite/records.ts";
import { retentionChapter } from "./suite/retention.ts";
import { searchChapter } from "./suite/search.ts";
import { sessionsChapter } from "./suite/sessions.ts";
import { settleChapter } from "./suite/settle.ts";
import { type Chapter, examplesOn } from "./suite/stage.ts";
import { expiryChapter } from "./suite/sweeping.ts";
import { switchesChapter } from "./suite/switches.ts";
import { undoChapter } from "./suite/undo.ts";

/**
 * Registers the whole suite under `name`, on a fresh bench for every test.
 *
 * @param name - the backend, as it shall read in the report: `sqlite`, `postgres 18` …
 */
export function describeAdapter(name: string, open: OpenBench, options: SuiteOptions = {}): void {
  describe(`${name} adapter`, () => {
    const example = examplesOn(open);
    for (const [title, chapter] of Object.entries(chapters(options))) describe(title, () => chapter(example));
    describe("random sequences", () => modelChapter(open, options));
  });
}

const chapters = (options: SuiteOptions): Readonly<Record<string, Chapter>> => ({
  enqueue: enqueueChapter,
  dedupe: dedupeChapter,
  order: orderChapter(options),
  claim: claimChapter,
  fencing: fencingChapter,
  settle: settleChapter,
  "follow-ups": followUpsChapter,
  "sessions and rescue": sessionsChapter,
  "exclusive batches": heldChapter,
  "operator's moves": operateChapter,
  "taking back": undoChapter,
  audit: auditChapter,
  "bounded queues": boundedChapter,
  expiry: expiryChapter,
  retention: retentionChapter,
  events: eventsChapter,
  fidelity: fidelityChapter,
  lists: listsChapter,
  search: searchChapter,
  looking: lookingChapter,
  records: recordsChapter,
  "switches of a queue": switchesChapter,
  health: examineChapter,
  "the handle": handleChapter,
  transactions: transactionsChapter,
  "every state with every move": matrixChapter,
});
