/** BullMQ on its own Postgres backend. Its best setting: a pool of 40 connections. */

import { Queue as BullQueue, createPostgresBackend, Worker } from "bullmq";
import type { Queue } from "../contender.ts";
import { NAME, queueOn } from "./bullmq.ts";

const POOL = 40;

export async function open(url: string): Promise<Queue> {
  const connection = { connectionString: url, max: POOL, migrate: true };
  const queue = new BullQueue(NAME, { connection }, createPostgresBackend);
  return queueOn(queue, (concurrency, run) => [
    new Worker(NAME, run, { connection, concurrency }, createPostgresBackend),
  ]);
}
