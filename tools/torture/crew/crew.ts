/**
 * Keeps a number of processes alive: who dies is replaced, and how each one died is written down with its cause. A
 * death without a known cause is a finding.
 */

import { readProcess } from "../history/read.ts";
import { type Child, type Exit, printExit } from "./child.ts";
import { UNKNOWN } from "./deaths.ts";

export interface Member {
  readonly child: Child;
  /** Of a worker, once it is ready. */
  session: string | null;
  ready: boolean;
  /** A fault is being done to it; no other one chooses it. */
  lent: boolean;
  /** We sent it SIGKILL. */
  killed: boolean;
}

export interface Death {
  readonly name: string;
  readonly pid: number;
  readonly session: string | null;
  readonly exit: Exit;
  /** `kill`: we did it. The name of a point, `pill-…`: it did it itself, and had written so. {@link UNKNOWN}. */
  readonly cause: string;
  /** In words, for the history. */
  readonly proof: string;
}

export interface CrewOptions {
  readonly size: number;
  /** Where the processes write their histories. */
  readonly history: string;
  /** @param place - 0 to size - 1: whose successor it is */
  readonly start: (place: number) => Child;
  readonly onDeath: (death: Death) => void;
  /** Default true: who dies has a successor. */
  readonly replace?: boolean;
  /** It has come to life. */
  readonly onReady?: (member: Member, place: number) => void;
}

export class Crew {
  readonly #options: CrewOptions;
  readonly #members = new Map<number, Member>();
  #stopping = false;
  #onChange = Promise.withResolvers<void>();

  constructor(options: CrewOptions) {
    this.#options = options;
    for (let place = 0; place < options.size; place++) this.#fill(place);
  }

  get size(): number {
    return this.#options.size;
  }

  /** Those that are alive, by their place. */
  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** Resolves with one that is ready and nobody has, chosen by `victim` in [0, 1); `null` once all have left. */
  async borrow(victim: number): Promise<Member | null> {
    while (this.#members.size > 0) {
      const free = this.members.filter(({ ready, lent }) => ready && !lent);
      const chosen = free[Math.floor(victim * free.length)];
      if (chosen !== undefined) {
        chosen.lent = true;
        return chosen;
      }
      await this.#onChange.promise;
    }
    return null;
  }

  giveBack(member: Member): void {
    member.lent = false;
    this.#changed();
  }

  /** Resolves when all have come to life. */
  async ready(): Promise<void> {
    while (this.members.some(({ ready }) => !ready)) await this.#onChange.promise;
  }

  /** Resolves when all have left by themselves. */
  async empty(): Promise<void> {
    while (this.#members.size > 0) await this.#onChange.promise;
  }

  /** Asks all to stop; resolves with how those ended that did. Nobody is replaced any more. */
  async stop(): Promise<readonly Exit[]> {
    this.#stopping = true;
    for (const { child } of this.members) child.tell({ do: "stop" });
    const ends = this.members.map(({ child }) => child.gone);
    return Promise.all(ends);
  }

  /** Without asking. */
  async destroy(): Promise<void> {
    this.#stopping = true;
    for (const { child } of this.members) child.kill("SIGKILL");
    await Promise.all(this.members.map(({ child }) => child.gone));
  }

  #fill(place: number): void {
    const child = this.#options.start(place);
    const member: Member = { child, session: null, ready: false, lent: false, killed: false };
    this.#members.set(place, member);
    child.onWord((word) => {
      if (word.say !== "ready") return;
      member.session = word.session;
      member.ready = true;
      this.#options.onReady?.(member, place);
      this.#changed();
    });
    void child.gone.then((exit) => this.#gone(place, member, exit));
  }

  #gone(place: number, member: Member, exit: Exit): void {
    this.#members.delete(place);
    const left = exit.code === 0;
    if (!left && !this.#stopping) {
      const { history, onDeath, replace = true } = this.#options;
      onDeath(deathOf(history, member, exit));
      if (replace) this.#fill(place);
    }
    this.#changed();
  }

  #changed(): void {
    const { resolve } = this.#onChange;
    this.#onChange = Promise.withResolvers();
    resolve();
  }
}

function deathOf(history: string, { child, session, killed }: Member, exit: Exit): Death {
  const { name, pid } = child;
  const last = readProcess(history, name).entries.findLast(({ kind }) => kind === "point");
  const point = last?.kind === "point" ? last.point : null;
  const cause = point ?? (killed && exit.signal === "SIGKILL" ? "kill" : UNKNOWN);
  return { name, pid, session, exit, cause, proof: `pid ${pid}: ${printExit(exit)}, ${cause}` };
}
