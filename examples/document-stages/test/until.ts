/** Waiting for something to be so: never for a time. */

const LOOK_EVERY_MS = 15;

/**
 * Resolves with the first answer of `look` that is neither null, undefined nor false.
 *
 * @param limitMs - after that it rejects with `what` and the last answer, or the last error
 */
export async function until<T>(
  what: string,
  look: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  limitMs = 10_000,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await look();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
