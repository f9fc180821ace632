/**
 * Dedupe keys as a step sees and changes them: at most one holder per queue and key, whatever verb brings a job to
 * where it would hold one. What was read may be overtaken until it is written; then the step is made anew.
 */

import { holdsKey, type State } from "@jobyard/core/adapter";
import type { Holder, LockedJob } from "./locks.ts";
import type { KeyOf } from "./sql/changes.sql.ts";

type Keyed = Pick<LockedJob, "pk" | "queue" | "id" | "dedupe_key" | "dedupe_while">;

export class Keys {
  readonly #holders = new Map<string, number>();
  readonly #freed: KeyOf[] = [];
  readonly #gone: (KeyOf & { readonly state: State | null })[] = [];
  readonly #taken = new Map<string, KeyOf & { readonly id: string }>();

  constructor(holders: readonly Holder[]) {
    for (const { queue, key, pk } of holders) this.#holders.set(idOf(queue, key), pk);
  }

  /** True if another job holds this job's key, or held it when it was removed. */
  isHeldByAnother({ pk, queue, dedupe_key: key }: Keyed): boolean {
    const holder = key === null ? undefined : this.#holders.get(idOf(queue, key));
    return holder !== undefined && holder !== pk;
  }

  /** Takes or frees the key as the job's new state says. */
  follow(job: Keyed, state: State): void {
    const { pk, queue, id, dedupe_key: key } = job;
    if (key === null || job.dedupe_while === "for") return;
    const name = idOf(queue, key);
    const isHolder = this.#holders.get(name) === pk;
    if (!holdsKey(job.dedupe_while, state)) this.#free({ queue, key, pk });
    else if (!isHolder) {
      this.#holders.set(name, pk);
      this.#taken.set(name, { queue, key, pk, id });
    }
  }

  /** The job leaves the store: a timed key remembers the state it had, any other is free. */
  leave(job: Keyed, state: State): void {
    const { pk, queue, dedupe_key: key } = job;
    if (key === null) return;
    if (job.dedupe_while === "for") this.#gone.push({ queue, key, pk, state });
    else this.#free({ queue, key, pk });
  }

  /** The job is back from the trash. */
  comeBack(job: Keyed, state: State): void {
    const { pk, queue, dedupe_key: key } = job;
    if (key === null) return;
    if (job.dedupe_while === "for") this.#gone.push({ queue, key, pk, state: null });
    else this.follow(job, state);
  }

  /** What has to be written. */
  get changes(): {
    readonly freed: readonly KeyOf[];
    readonly gone: readonly (KeyOf & { readonly state: State | null })[];
    readonly taken: readonly (KeyOf & { readonly id: string })[];
  } {
    return { freed: this.#freed, gone: this.#gone, taken: [...this.#taken.values()] };
  }

  #free({ queue, key, pk }: KeyOf): void {
    const name = idOf(queue, key);
    this.#freed.push({ queue, key, pk });
    if (this.#holders.get(name) === pk) this.#holders.delete(name);
    if (this.#taken.get(name)?.pk === pk) this.#taken.delete(name);
  }
}

/** No name of a queue holds a line break. */
const idOf = (queue: string, key: string): string => `${queue}\n${key}`;
