/** Whether a store can be opened and read, and what it says of itself; of one that cannot, what is still to be seen. */

import { type Adapter, createYard, type Diagnosis, ERROR_CODES, isQueueError, type QueueError } from "@jobyard/core";
import { openAdapter, surroundingsOf } from "./backends.ts";
import { exitCodeOf } from "./error-text.ts";

const CODE = "STORE";

/** @throws QueueError `BAD_URL`: a store that nobody can look for */
export async function examineStore(url: string): Promise<readonly Diagnosis[]> {
  let adapter: Adapter;
  try {
    adapter = await openAdapter(url, { create: false });
  } catch (error) {
    const problem = problemOf(error);
    return isQueueError(error, "ADAPTER_MISSING") ? [problem] : [problem, ...(await surroundingsOf(url))];
  }
  try {
    return await examineOpen(adapter, url);
  } finally {
    await adapter.close();
  }
}

async function examineOpen(adapter: Adapter, url: string): Promise<readonly Diagnosis[]> {
  try {
    return [
      { code: CODE, level: "ok", text: "The store can be opened and read.", evidence: {} },
      ...(await examineReady(adapter)),
    ];
  } catch (error) {
    return [problemOf(error), ...(await examineBroken(adapter, url))];
  }
}

/** A store whose schema is not ready cannot say anything of its jobs. */
async function examineReady(adapter: Adapter): Promise<readonly Diagnosis[]> {
  const { state } = await adapter.schema.status();
  return state === "ready" ? createYard({ adapter }).board.examine() : adapter.examine();
}

/** The adapter looks at each thing for itself, as long as it can tell what it has before it. */
async function examineBroken(adapter: Adapter, url: string): Promise<readonly Diagnosis[]> {
  try {
    return await adapter.examine();
  } catch (error) {
    if (!isStoreFault(error)) throw error;
    return surroundingsOf(url);
  }
}

const isStoreFault = (error: unknown): error is QueueError => isQueueError(error) && exitCodeOf(error) === 1;

/** A fault of the store as a diagnosis; wrong use, and faults of our own, are thrown on. */
function problemOf(error: unknown): Diagnosis {
  if (!isStoreFault(error)) throw error;
  const { code, detail } = error;
  return { code: CODE, level: "problem", text: `${code}: ${detail}`, evidence: { code }, fix: ERROR_CODES[code] };
}
