/** The process behind helper.ts: opens the store, works when it is told to, reports when it is told to stop. */

import { once } from "node:events";
import { backendNamed, contenderNamed } from "./backends.ts";
import { nowMs } from "./clock.ts";
import type { HelperMessage, HelperOrder, HelperSpec } from "./helper.ts";
import { MARK_EVERY } from "./tally.ts";

const spec = JSON.parse(process.argv[2] ?? "") as HelperSpec;
process.once("disconnect", () => process.exit(1)); // whoever asked for help is gone

const queue = await contenderNamed(backendNamed(spec.backend), spec.contender).open(spec.store);
tell({ kind: "ready" });
await ordered("work");

const ran: number[] = [];
const markEvery = spec.tell === "each" ? 1 : MARK_EVERY;
const before = process.cpuUsage();
const working = await queue.work(spec.concurrency, ({ i }) => {
  ran.push(i);
  if (ran.length % markEvery === 0) tell({ kind: "mark", at: nowMs() });
});
tell({ kind: "working" });
await ordered("stop");

const { user, system } = process.cpuUsage(before);
await working.stop();
await queue.close();
tell({ kind: "report", report: { ran, cpuMicros: user + system } }, () => process.exit(0));

function tell(message: HelperMessage, onSent: () => void = () => {}): void {
  process.send?.(message, onSent);
}

async function ordered(order: HelperOrder): Promise<void> {
  for (;;) {
    const [given] = await once(process, "message");
    if (given === order) return;
  }
}
