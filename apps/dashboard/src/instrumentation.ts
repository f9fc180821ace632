/** Next calls this once per server process. */
export async function register(): Promise<void> {
  // A literal check, so that the bundler drops the branch from the edge build.
  if (process.env.NEXT_RUNTIME === "nodejs") await (await import("./server/start")).start();
}
