/** Several servers that are of use together only. */

interface Stoppable {
  stop(): Promise<void>;
}

/** All that are being started, in their order. If one fails the others are stopped, and its error is thrown. */
export async function allOf<Server extends Stoppable>(starts: readonly Promise<Server>[]): Promise<readonly Server[]> {
  const results = await Promise.allSettled(starts);
  const failure = results.find((result) => result.status === "rejected");
  const servers = results.filter((result) => result.status === "fulfilled").map((result) => result.value);
  if (failure === undefined) return servers;
  await stopAll(servers);
  throw failure.reason;
}

/** What is made of servers; if that fails they are stopped. */
export async function madeOf<Made>(servers: readonly Stoppable[], make: () => Promise<Made>): Promise<Made> {
  try {
    return await make();
  } catch (error) {
    await stopAll(servers);
    throw error;
  }
}

/** Stops them all at once. */
export async function stopAll(servers: readonly Stoppable[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
