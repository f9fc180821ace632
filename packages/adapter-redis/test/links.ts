/** Connections of this package to any server, as the adapter makes them; closed with the test. */

import { onTestFinished } from "vitest";
import { Calls } from "../src/calls.ts";
import { type Link, newLink } from "../src/connection.ts";
import type { Client } from "../src/driver.ts";
import { checkedOptions, type RedisOptions } from "../src/options.ts";

export interface Linked {
  readonly calls: Calls;
  readonly link: Link;
  /** Adds 1 to a counter, and answers with it. */
  add(): Promise<number>;
  read(): Promise<number>;
}

export const COUNTER = "bull::counter";

export function openCalls(options: RedisOptions): Linked {
  const checked = checkedOptions(options);
  const link = newLink(checked, "calls");
  const calls = new Calls({ link, ...checked });
  onTestFinished(() => calls.close());
  return {
    ...{ calls, link },
    add: () => calls.run("may write", (client: Client) => client.incr(COUNTER)),
    read: async () => Number(await calls.run("only reads", (client: Client) => client.get(COUNTER))),
  };
}

/** Resolves when the condition holds; rejects if it does not within 20 s. */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`waited 20 s until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a call came to: its value, or the code of its error. */
export const outcome = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: unknown) => (error as { readonly code?: unknown }).code ?? String(error));
