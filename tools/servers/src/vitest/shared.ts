/** Servers of a run: all projects share them, though each loads its global setup for itself. */

import type { TestProject } from "vitest/node";

/** One server, or the reason why there is none. */
export interface Candidate<Provided> {
  readonly provided: Provided;
  readonly stop?: () => Promise<void>;
}

/** The part of Vitest's project that a setup needs. */
export type Provider = Pick<TestProject, "provide">;

/** Starts the servers for the first project that asks; the function that is returned stops them for the last one. */
export async function shareInRun<Provided>(
  name: string,
  start: () => Promise<readonly Candidate<Provided>[]>,
  provide: (servers: readonly Provided[]) => void,
): Promise<() => Promise<void>> {
  const shared = sharedInRun<Provided>(name);
  shared.users += 1;
  shared.servers ??= start();
  const servers = await shared.servers;
  provide(servers.map((server) => server.provided));
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete shared.servers;
    await Promise.all(servers.map((server) => server.stop?.()));
  };
}

/** Why there is no server, in words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Shared<Provided> {
  servers?: Promise<readonly Candidate<Provided>[]>;
  users: number;
}

function sharedInRun<Provided>(name: string): Shared<Provided> {
  const holder: { [key: symbol]: Shared<Provided> | undefined } = globalThis;
  const key = Symbol.for(`@jobyard/servers/${name}`);
  holder[key] ??= { users: 0 };
  return holder[key];
}
