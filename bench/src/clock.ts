/** Time and CPU time of a stretch of work. */

/** Milliseconds on the machine's monotonic clock, which all processes share. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Spent {
  readonly ms: number;
  readonly cpuMicros: number;
}

export class Meter {
  #startedAt = 0;
  #cpu = process.cpuUsage();

  start(): void {
    this.#cpu = process.cpuUsage();
    this.#startedAt = nowMs();
  }

  stop(): Spent {
    const ms = nowMs() - this.#startedAt;
    const { user, system } = process.cpuUsage(this.#cpu);
    return { ms, cpuMicros: user + system };
  }
}
