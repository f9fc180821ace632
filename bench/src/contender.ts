/** What a queue must offer to be measured: the few calls that every scenario is made of. */

/** About a hundred bytes as JSON, the same for everyone. `i` says which job it is. */
export interface Payload {
  readonly i: number;
  readonly to: string;
  readonly subject: string;
  readonly template: string;
  readonly urgent: boolean;
}

export const payloadOf = (i: number): Payload => ({
  i,
  to: `user${i % 1_000}@example.com`,
  subject: "Welcome aboard, friend",
  template: "welcome-v2",
  urgent: false,
});

/** `later` is not due within the hour; `foreign` is of a type that the worker does not know. */
export type Kind = "due" | "later" | "foreign";

/** One opened queue. Every promise resolves when the store has answered. */
export interface Queue {
  add(payload: Payload): Promise<unknown>;
  /** Many in one call; `null` if there is no such call. */
  readonly addMany: ((payloads: readonly Payload[], kind: Kind) => Promise<unknown>) | null;
  /** Resolves when the worker takes jobs. */
  work(concurrency: number, onJob: (payload: Payload) => void): Promise<Working>;
  /** Jobs that the store still has to get done, of all kinds. */
  open(): Promise<number>;
  /** Jobs that the store keeps as completed; `null` if it deletes them. */
  completed(): Promise<number | null>;
  close(): Promise<void>;
}

export interface Working {
  /** Takes no more; resolves when what was started is settled. */
  stop(): Promise<unknown>;
}

export interface Contender {
  /** As in `--only`. */
  readonly name: string;
  /** Its settings, and what a reader should know before comparing. */
  readonly note: string;
  /** npm packages whose versions the result names. */
  readonly packages: readonly string[];
  /**
   * Of a scenario's jobs, so that a round of a slow queue takes seconds and not minutes. A shorter backlog is never
   * to its disadvantage.
   */
  readonly share: number;
  /** Another share in some scenarios, or families of them. */
  readonly shares?: Readonly<Record<string, number>>;
  /** Scenarios, or families of them, that it takes no part in. */
  readonly without: readonly string[];
  /** @param store - a file for SQLite, a URL for a server */
  open(store: string): Promise<Queue>;
}
