/** What `npm start` runs: the dashboard, a worker and the example's watcher, all on one backend. */
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

const DEFAULTS = { host: "127.0.0.1", port: "3000" };

/** The processes to launch, after a build. They live and die together. */
export function processes(root, env) {
  const example = join(root, "examples/document-stages/dist");
  const data = join(root, "data");
  mkdirSync(data, { recursive: true });
  const host = env.HOST || DEFAULTS.host;
  const locked = env.JOBYARD_DASHBOARD_PASSWORD || env.JOBYARD_DASHBOARD_USERS;
  const shared = { JOBYARD_URL: env.JOBYARD_URL || `sqlite:${join(data, "jobyard.db")}` };
  const headless = { ...shared, HOST: undefined, PORT: undefined }; // the address is the dashboard's
  return [
    {
      file: join(root, "apps/dashboard/scripts/start.mjs"),
      env: {
        ...shared,
        HOST: host,
        PORT: env.PORT || DEFAULTS.port,
        // On this machine alone it may stand open; anywhere else it stays closed until someone sets a password.
        ...(isLoopback(host) && !locked && { JOBYARD_DASHBOARD_OPEN: env.JOBYARD_DASHBOARD_OPEN ?? "1" }),
      },
    },
    {
      file: join(root, "apps/worker/dist/main.js"),
      env: { ...headless, JOBYARD_JOBS: env.JOBYARD_JOBS || join(example, "jobs.js") },
    },
    { file: join(example, "main.js"), env: headless },
  ];
}

/** Rejects, in words that say what to do, if the dashboard could not listen. */
export async function assertPortFree(env) {
  const host = env.HOST || DEFAULTS.host;
  const port = env.PORT || DEFAULTS.port;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error(`PORT must be 0 to 65535, found "${port}".`);
  const server = createServer();
  const problem = await new Promise((resolve) => {
    server.once("error", resolve);
    server.listen({ host, port: Number(port), exclusive: true }, () => server.close(() => resolve(null)));
  });
  if (problem?.code === "EADDRINUSE")
    throw new Error(
      `port ${port} on ${host} is already in use. Stop what uses it, or choose another: PORT=3001 npm start`,
    );
  if (problem) throw new Error(`cannot listen on ${host}:${port}: ${problem.message}. Check HOST and PORT.`);
}

function isLoopback(host) {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
