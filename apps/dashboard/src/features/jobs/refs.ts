/** A job's address as one text, for keys. No name holds a colon. */

import type { JobRef } from "@jobyard/core";

export const keyOf = ({ queue, id }: JobRef): string => `${queue}:${id}`;
export const refOf = ({ queue, id }: JobRef): JobRef => ({ queue, id });
