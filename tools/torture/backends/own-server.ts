/** What a server of a run's own has that can be killed and cut off, whichever database it is. */

import { startProxy } from "@jobyard/servers";
import type { Network, StoreServer } from "./backend.ts";

export interface OwnServer extends StoreServer {
  readonly url: string;
  urlFor(process: string): string;
  integrity(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** So long a moment is waited for in which one of a process's connections is at work, in ms. */
export const BUSY_WITHIN_MS = 3_000;

/** Starts it if it has ended by itself; true if it had. */
export async function revive(server: { readonly pid: number | null; restart(): Promise<unknown> }): Promise<boolean> {
  if (server.pid !== null) return false;
  await server.restart();
  return true;
}

/**
 * @param named - the URL as a process of this name has it
 * @param listening - what a connection sends that hears of new work, and no other one
 */
export async function openNetwork(
  url: string,
  named: (url: string, process: string) => string,
  listening: string,
): Promise<Network> {
  const proxy = await startProxy({ to: url, tag: (chunk) => (chunk.includes(listening) ? LISTENS : undefined) });
  const listeners = (): typeof proxy.connections => proxy.connections.filter(({ tag }) => tag === LISTENS);
  return {
    urlFor: (process) => named(proxy.url, process),
    get listening() {
      return listeners().filter(({ fate }) => fate === "pass").length;
    },
    swallow: (which) => {
      const chosen = which === "all" ? proxy.connections : listeners();
      const ids = new Set(chosen.map(({ id }) => id));
      proxy.blackhole(which === "all" ? {} : { where: ({ id }) => ids.has(id) });
      return chosen.length;
    },
    heal: () => proxy.heal(),
    close: () => proxy.stop(),
  };
}

const LISTENS = "listens";
