import "server-only";

/**
 * One read for everybody: what many tabs ask for at the same hint is read once.
 *
 * A value is shared until the next hint, and for two seconds at most, in case nobody watches.
 */

export type SharedReads = <T>(key: string, read: () => Promise<T>) => Promise<T>;

const LONGEST_MS = 2_000;

/** @param version - changes when what was read may be old */
export function createSharedReads(version: () => number, monotonic: () => number): SharedReads {
  const reads = new Map<string, { readonly value: Promise<unknown>; readonly until: number }>();
  let readAt = version();

  return <T>(key: string, read: () => Promise<T>): Promise<T> => {
    if (version() !== readAt) {
      reads.clear();
      readAt = version();
    }
    const found = reads.get(key);
    if (found !== undefined && found.until > monotonic()) return found.value as Promise<T>;
    const value = read();
    const entry = { value, until: monotonic() + LONGEST_MS };
    reads.set(key, entry);
    value.catch(() => {
      if (reads.get(key) === entry) reads.delete(key);
    });
    return value;
  };
}
