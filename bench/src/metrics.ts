/** What can be measured, and which way is better. */

export interface Metric {
  readonly unit: string;
  readonly better: "more" | "less";
  /** Decimals that mean something. */
  readonly digits: number;
}

export const METRICS = {
  jobsPerSecond: { unit: "jobs/s", better: "more", digits: 0 },
  /** Of the whole process, all its threads. */
  cpuMicros: { unit: "µs CPU/job", better: "less", digits: 1 },
  /** Of all processes of the server. */
  serverMicros: { unit: "µs server CPU/job", better: "less", digits: 1 },
  /** What the server writes to its log, which is what makes jobs durable. */
  logBytes: { unit: "B log/job", better: "less", digits: 0 },
  /** Of the server, for a completed job and whatever is kept beside. */
  memoryBytes: { unit: "B memory/job", better: "less", digits: 0 },
  p50Ms: { unit: "ms p50", better: "less", digits: 2 },
  p99Ms: { unit: "ms p99", better: "less", digits: 2 },
  firstSecond: { unit: "jobs in first s", better: "more", digits: 0 },
  lastSecond: { unit: "jobs in last s", better: "more", digits: 0 },
  /** Only where a round lasts as long as it lasts, and not so many jobs. */
  jobs: { unit: "jobs", better: "more", digits: 0 },
  lastByFirst: { unit: "last s ÷ first s", better: "more", digits: 2 },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

/** What one round came to. */
export type Measures = Readonly<Partial<Record<MetricName, number>>>;
