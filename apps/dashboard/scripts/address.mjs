/**
 * Where the dashboard listens, and whether it can.
 *
 * Imports no package: scripts/run.mjs asks before anything is installed.
 */
import { createServer } from "node:net";

/** An empty variable is one that is not set. */
export const readAddress = (env) => ({ host: env.HOST || "127.0.0.1", port: env.PORT || "3000" });

/** What keeps the dashboard from listening there, as an error code and its detail; `null` if nothing does. */
export async function addressFault({ host, port }) {
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    return { code: "CONFIG_INVALID", detail: `PORT must be a number from 1 to 65535, and is ${JSON.stringify(port)}.` };
  const error = await tryToListen(host, Number(port));
  if (error === null) return null;
  if (error.code === "EADDRINUSE") return { code: "PORT_IN_USE", detail: `${host}:${port}` };
  return {
    code: "CONFIG_INVALID",
    detail: `It cannot listen on ${host}:${port} (${error.code}). Change HOST or PORT.`,
  };
}

function tryToListen(host, port) {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
