/** All migrations, in order: the n-th makes version n. Append only. */

import { changeFunctions } from "./001/changes.sql.ts";
import { checkFunctions } from "./001/checks.sql.ts";
import { claimFunctions } from "./001/claim.sql.ts";
import { completeFunctions } from "./001/complete.sql.ts";
import { enqueueFunctions } from "./001/enqueue.sql.ts";
import { holdFunctions } from "./001/hold.sql.ts";
import { lineFunctions } from "./001/line.sql.ts";
import { lockFunctions } from "./001/locks.sql.ts";
import { publicFunctions } from "./001/public.sql.ts";
import { purgeFunctions } from "./001/purge.sql.ts";
import { queueFunctions } from "./001/queues.sql.ts";
import { readFunctions } from "./001/read.sql.ts";
import { sweepFunctions } from "./001/sweep.sql.ts";
import { tables } from "./001/tables.sql.ts";
import type { Migration } from "./migration.ts";

export const MIGRATIONS: readonly Migration[] = [
  {
    scripts: [
      tables,
      enqueueFunctions,
      lineFunctions,
      claimFunctions,
      completeFunctions,
      lockFunctions,
      changeFunctions,
      holdFunctions,
      purgeFunctions,
      sweepFunctions,
      readFunctions,
      queueFunctions,
      checkFunctions,
      publicFunctions,
    ],
    compatibleFrom: 1,
  },
];
