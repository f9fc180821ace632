import "server-only";

/**
 * What lives as long as the process: settings, the backend, the hub.
 *
 * Pages, routes and instrumentation are separate module graphs in Next, so it hangs on `globalThis`.
 */

import { systemPorts } from "@jobyard/core";
import { createHub, type Hub } from "@/features/live/hub";
import { createOperations, type Operations } from "@/features/operations/runner";
import { type Accounts, openAccounts } from "./accounts";
import { type Backend, openBackend } from "./backends";
import { createLimiter, type Limiter } from "./limiter";
import { createSessions, type Sessions } from "./session";
import type { Settings } from "./settings";
import { createSharedReads, type SharedReads } from "./shared-reads";

export interface Runtime {
  readonly settings: Settings;
  readonly backend: Backend;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  /** Wrong passwords: by account and address, and by address alone. */
  readonly limits: { readonly account: Limiter; readonly address: Limiter };
  readonly hub: Hub;
  readonly shared: SharedReads;
  readonly operations: Operations;
}

const WINDOW_MS = 15 * 60_000;

export async function openRuntime(settings: Settings): Promise<Runtime> {
  const backend = await openBackend(settings.backend);
  const { monotonic } = systemPorts;
  const hub = createHub({ watch: (onHint) => backend.board.watch(onHint) });
  return {
    settings,
    backend,
    accounts: await openAccounts(settings.access.mode === "password" ? settings.access.accounts : []),
    sessions: createSessions(backend.records, systemPorts.now),
    limits: {
      account: createLimiter({ tries: 10, windowMs: WINDOW_MS, monotonic }),
      address: createLimiter({ tries: 100, windowMs: WINDOW_MS, monotonic }),
    },
    hub,
    shared: createSharedReads(hub.version, monotonic),
    operations: createOperations(systemPorts.newId),
  };
}

const KEY = Symbol.for("jobyard.dashboard");
const shelf = globalThis as { [KEY]?: Runtime };

export function keepRuntime(runtime: Runtime): void {
  shelf[KEY] = runtime;
}

export function theRuntime(): Runtime {
  const runtime = shelf[KEY];
  if (runtime === undefined) throw new Error("The dashboard has not been started: src/instrumentation.ts did not run.");
  return runtime;
}
