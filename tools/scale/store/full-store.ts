/** A store to measure, whatever it is made of. */

export interface Wanted {
  readonly jobs: number;
  readonly seed: number;
  /** Where stores are kept; default: a folder of the system for what may go. */
  readonly folder?: string;
  readonly onProgress: (text: string) => void;
}

export interface FullStore {
  /** What Jobyard opens. */
  readonly url: string;
  /** Where it is kept. */
  readonly path: string;
  /** Whether it has an index for a filter that stores with tables have one for; where not, jobs are looked at. */
  readonly hasIndexFor: (q: string) => boolean;
  close(): Promise<void>;
}

export type OpenStore = (wanted: Wanted) => Promise<FullStore>;
