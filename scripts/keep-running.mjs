/** Starts a process again when it ends by itself, within a limit. */

const LIMIT_MS = 60_000;
const PAUSE_MS = 1_000;
/** Our programs' exit code for settings that cannot be used: the next start would fail in the same way. */
const WRONG_USE = 2;

/**
 * Resolves with the exit code of the last run: when it was asked to stop, or must not or may not be started again.
 *
 * @param one - `{ name, restart? }`: at most `restart` new starts within a minute, none by default
 * @param launch - starts it; resolves with `{ code, signal }` at its end
 * @param stopping - true if the end was asked for
 */
export async function keepRunning({ name, restart = 0 }, launch, stopping) {
  const starts = [];
  for (;;) {
    const { code, signal } = await launch();
    if (stopping() || code === WRONG_USE) return code;
    const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
    const now = performance.now();
    while (starts.length > 0 && now - starts[0] > LIMIT_MS) starts.shift();
    if (starts.length >= restart) {
      const why = restart > 0 ? `, ${restart} times within a minute. It is not started again` : "";
      console.error(`start: the ${name} ${how}${why}. Everything stops.`);
      return code;
    }
    starts.push(now);
    console.error(`start: the ${name} ${how}. It is started again.`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (stopping()) return code;
  }
}
