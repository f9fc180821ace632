/** Bounds of retention as people write them: `7d,100000,500mb`, or `forever`. */

import { printDuration, printSize, QueueError, type Retention, type RetentionOption } from "@jobyard/core";

export const FOREVER = "forever";

/**
 * Each part says by its unit what it bounds: `7d` the age, `100000` the number, `500mb` the bytes. What is not named is
 * not bounded. The values themselves are checked by core.
 */
export const keep =
  (option: string): ((value: string) => RetentionOption) =>
  (value) => {
    // Commander takes a null for "no value given", so this is the form of "no bound" that has an object.
    if (value === FOREVER) return {};
    const bounds: { age?: string; count?: number; bytes?: string } = {};
    for (const part of value.split(",").map((text) => text.trim().toLowerCase())) {
      const kind = KINDS.find(([, form]) => form.test(part))?.[0];
      if (kind === undefined || bounds[kind] !== undefined) throw badKeep(option, value);
      if (kind === "count") bounds.count = Number(part);
      else bounds[kind] = part;
    }
    return bounds as RetentionOption;
  };

const KINDS = [
  ["age", /^\d+(\.\d+)?(ms|s|m|h|d)$/],
  ["bytes", /^\d+(\.\d+)?(b|kb|mb|gb)$/],
  ["count", /^\d+$/],
] as const;

const badKeep = (option: string, value: string): QueueError =>
  new QueueError(
    "BAD_OPTION",
    `${option} must look like 7d (age), 100000 (number), 500mb (size), several with commas, or ${FOREVER}; found ${JSON.stringify(value)}`,
    { field: option },
  );

/** As {@link keep} reads it. */
export function retentionText({ ageMs, count, bytes }: Retention): string {
  const bounds = [
    ...(ageMs === null ? [] : [printDuration(ageMs)]),
    ...(count === null ? [] : [String(count)]),
    ...(bytes === null ? [] : [printSize(bytes)]),
  ];
  return bounds.length === 0 ? FOREVER : bounds.join(",");
}
