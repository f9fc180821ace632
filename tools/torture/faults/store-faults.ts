/** Faults of the store itself, one at a time, each counted by what proves it. */

import type { StoreServer } from "../backends/backend.ts";
import type { HistoryWriter } from "../history/writer.ts";
import { type Figure, NONE, SOME } from "../report/figures.ts";

export interface StoreFaultsOptions {
  /** `null`: the store has none. */
  readonly server: StoreServer | null;
  readonly history: HistoryWriter;
  /** Another process takes the write lock; resolves with how long it had it. */
  readonly lockFor: (ms: number) => Promise<number>;
}

export class StoreFaults {
  readonly #options: StoreFaultsOptions;
  #last: Promise<unknown> = Promise.resolve();
  #outages = 0;
  #killed = 0;
  #left = 0;
  #longestMs = 0;
  #ended = 0;
  #busy = 0;

  constructor(options: StoreFaultsOptions) {
    this.#options = options;
  }

  /** Nobody can renew, settle or enqueue for so long. */
  lock(forMs: number): Promise<boolean> {
    return this.#inTurn(async () => {
      const { history, lockFor } = this.#options;
      const heldMs = await lockFor(forMs);
      const proof = `another process had the write lock for ${heldMs} ms`;
      history.write({ kind: "fault", fault: "lock", target: null, forMs: heldMs, proof });
      return heldMs >= forMs;
    });
  }

  /** The server dies with everything that it has in memory, and is started again after so long. */
  outage(downMs: number): Promise<boolean> {
    return this.#inTurn(async () => {
      const { server, history } = this.#options;
      if (server === null) return false;
      const { killed, left, pid, forMs, remarks } = await server.crash(downMs);
      const pids = `pids ${killed.join(" ")} killed, ${left.length} of them left; pid ${pid} since, after ${forMs} ms`;
      const proof = [pids, ...remarks].join("; ");
      history.write({ kind: "fault", fault: "outage", target: null, forMs, proof });
      this.#outages += 1;
      this.#killed += killed.length;
      this.#left += left.length;
      this.#longestMs = Math.max(this.#longestMs, forMs);
      return pid !== null && killed.length > 0 && !killed.includes(pid);
    });
  }

  /** All connections of a process, as an administrator would end them. */
  disconnect(process: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const { server, history } = this.#options;
      if (server === null) return false;
      const { ended, busy } = await server.disconnect(process);
      if (ended === 0) return false;
      const proof = `the server says that it ended ${ended} connections, ${busy} of them at work`;
      history.write({ kind: "fault", fault: "disconnect", target: process, forMs: null, proof });
      this.#ended += ended;
      this.#busy += busy;
      return true;
    });
  }

  /** What was done to the server; nothing if there is none. */
  figures(): readonly Figure[] {
    const { server } = this.#options;
    if (server === null) return [];
    return [
      { label: "server processes killed by SIGKILL", value: this.#killed, want: { atLeast: this.#outages } },
      { label: "  of them left", value: this.#left, want: NONE },
      {
        label: "starts after a crash, by the server's log",
        value: server.recoveries(),
        want: { atLeast: this.#outages },
      },
      { label: "longest time without a server", value: this.#longestMs, want: null, unit: "ms" },
      { label: "connections that the server ended", value: this.#ended, want: this.#ended === 0 ? null : SOME },
      { label: "  of them at work", value: this.#busy, want: this.#ended === 0 ? null : SOME },
    ];
  }

  /** A server that is killed would take the lock with it. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => {});
    return mine;
  }
}
