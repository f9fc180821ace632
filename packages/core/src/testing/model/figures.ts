/** What a run met, so that a zero can be told from a test that looked nowhere. */
export interface Figures {
  sequences: number;
  commands: number;
  /** Settlements, entries and heartbeats under a lease that was lost. */
  staleRefused: number;
  /** Rescues of sessions that were alive. */
  liveRefused: number;
  rescued: number;
  exclusiveBatches: number;
  yielded: number;
  full: number;
  events: number;
}

export const noFigures = (): Figures => ({
  sequences: 0,
  commands: 0,
  staleRefused: 0,
  liveRefused: 0,
  rescued: 0,
  exclusiveBatches: 0,
  yielded: 0,
  full: 0,
  events: 0,
});
