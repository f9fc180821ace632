/** What an owner of servers and its supervisor say to each other. */

import type { Account } from "./account.ts";

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly account: Account | null;
  /** Gets what the server writes to stdout and stderr, after what is there. */
  readonly logFile: string;
  /** The signal that ends this server quickly and without leftovers, sent when its owner is gone. */
  readonly farewell: NodeJS.Signals;
}

export type Order =
  /** Remove this folder when the owner is gone. */
  | { readonly do: "keep"; readonly folder: string }
  /** Remove it now. */
  | { readonly do: "remove"; readonly folder: string }
  /** `server`: the owner's own name for it, in the orders and the report that follow. */
  | { readonly do: "start"; readonly server: number; readonly launch: Launch }
  | { readonly do: "stop"; readonly server: number; readonly signal: NodeJS.Signals; readonly limitMs: number }
  | { readonly do: "kill"; readonly server: number }
  /** Answered when it has ended by itself. */
  | { readonly do: "wait"; readonly server: number };

export interface Request {
  readonly id: number;
  readonly order: Order;
}

/** What a server's end looked like. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type Report =
  /** `pids`: of the server that was started, or of all that were killed. */
  | { readonly about: "request"; readonly id: number; readonly pids: readonly number[] }
  | { readonly about: "failure"; readonly id: number; readonly reason: string }
  | { readonly about: "end"; readonly server: number; readonly ending: Ending };
