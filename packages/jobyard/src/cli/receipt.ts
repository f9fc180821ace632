/** What an enqueue was answered, for people and as JSON. */

import { type BulkReceipt, type EnqueueReceipt, QueueError } from "@jobyard/core";
import type { Output } from "./output.ts";
import { oneLine } from "./text.ts";

export function printReceipt(receipt: EnqueueReceipt, out: Output): void {
  const { queue, id, state, duplicate } = receipt;
  if (out.json) out.line(receiptJson(receipt, null));
  else out.line(`${oneLine(`${queue}/${id}`)}  ${duplicate ? `duplicate: it is there already, ${state}` : state}`);
}

/** @param line - of the file it came from */
export const receiptJson = ({ queue, id, state, duplicate }: EnqueueReceipt, line: number | null): string =>
  JSON.stringify({ ...(line !== null && { line }), queue, id, state, duplicate });

/** @param line - of the file it came from */
export const refusal = ({ code, ref, retryAfterMs }: BulkReceipt & { ok: false }, line: number | null): QueueError =>
  new QueueError(code, `${line === null ? "" : `line ${line}: `}${oneLine(`${ref.queue}/${ref.id}`)}`, {
    ...(retryAfterMs !== null && { retryAfterMs }),
  });
