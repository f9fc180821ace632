/** The migrations in their order: number n is at place n − 1. The list and its files only ever grow. */

import type { None, Statement } from "../statement.ts";
import { tables } from "./001-tables.sql.ts";
import { speedAndRetention } from "./002-speed-and-retention.sql.ts";
import { laneBlocks } from "./003-lane-blocks.sql.ts";

export const MIGRATIONS: readonly Statement<None>[] = [tables, speedAndRetention, laneBlocks];
