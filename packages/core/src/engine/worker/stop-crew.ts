/**
 * A graceful stop: no new claim, what has not started goes back at once, the rest has its grace, then its signal
 * aborts and it goes back too, with its attempt. Everything is stored before the session ends.
 */

import type { Claimer } from "./claim/claimer.ts";
import type { Exclusive } from "./claim/exclusive.ts";
import type { Registry } from "./keep/registry.ts";
import type { Pump } from "./pump.ts";
import type { Runner } from "./run/runner.ts";
import type { Settler } from "./run/settler.ts";
import type { Shift } from "./shift.ts";
import { abortError } from "./turn.ts";
import { orAborted } from "./within.ts";

export interface StoppableParts {
  readonly claimer: Claimer;
  readonly exclusive: Exclusive;
  readonly pump: Pump;
  readonly registry: Registry;
  readonly runner: Runner;
  readonly settler: Settler;
  /** Ends the loops of the crew. */
  readonly endLoops: () => void;
  readonly loops: Promise<unknown>;
}

/**
 * Takes no longer than the grace and one lease, whatever the store does: after that a rescue sees to the rest.
 *
 * @param graceOver - aborts at the end of the grace
 */
export async function stopCrew(shift: Shift, parts: StoppableParts, graceOver: AbortSignal): Promise<void> {
  const { hooks, ports, report, settings } = shift;
  const claims = parts.claimer.stop();
  await orAborted(parts.pump.stop(), graceOver);
  await abortRest(shift, parts.runner);

  const limit = new AbortController();
  void ports.sleep(settings.leaseMs, limit.signal).then(() => limit.abort());
  await orAborted(claims, limit.signal);
  // A run is settled after its entries: what waits for those is not with the settler yet.
  await orAborted(Promise.all([...shift.held].map(({ lastEntry }) => lastEntry)), limit.signal);
  await orAborted(parts.settler.idle(), limit.signal);
  parts.settler.close();
  parts.runner.close();
  parts.endLoops();
  await orAborted(Promise.all([parts.loops, hooks.idle()]), limit.signal);
  const farewell = Promise.all([parts.registry.remove(), parts.exclusive.release()]);
  await orAborted(
    farewell.catch((error: unknown) => report(error, "stop")),
    limit.signal,
  );
  limit.abort();
}

async function abortRest({ held }: Shift, runner: Runner): Promise<void> {
  const unfinished = [...held].filter((turn) => turn.stage === "running");
  for (const turn of unfinished) turn.abort("stopping", abortError("The worker is stopping."));
  // Handlers that heed their signal end here by themselves, and say how.
  await new Promise((resolve) => setImmediate(resolve));
  for (const turn of unfinished) runner.finish(turn, { kind: "aborted" });
}
