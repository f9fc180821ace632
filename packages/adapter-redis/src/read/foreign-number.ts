/**
 * Numbers for jobs of BullMQ's, which have none: beyond all of ours, the same whenever it is asked for, and different for
 * each job of a ms. Ids that BullMQ counted keep their order.
 */

import { createHash } from "node:crypto";

const FIRST = 2 ** 52;
/** An id and its queue: ids up to 10^10 take 34 bits of 51. */
const QUEUE_BITS = 2 ** 15;
const FIRST_OF_NAMES = FIRST + 2 ** 51;
const COUNTED = /^(0|[1-9]\d{0,9})$/;

export const foreignNumber = (queue: string, id: string): number =>
  COUNTED.test(id) ? FIRST + Number(id) * QUEUE_BITS + markOf(queue) : FIRST_OF_NAMES + hashOf(`${queue}\0${id}`, 6);

export const isForeignNumber = (number: number): boolean => number >= FIRST;

const MOST_KNOWN = 1_000;
const known = new Map<string, number>();

function markOf(queue: string): number {
  const found = known.get(queue);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const mark = hashOf(queue, 2) % QUEUE_BITS;
  known.set(queue, mark);
  return mark;
}

const hashOf = (text: string, bytes: number): number => createHash("sha256").update(text).digest().readUIntBE(0, bytes);
