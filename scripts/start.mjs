/** What `npm start` runs: the dashboard, a worker and the example's watcher, all on one backend, and what it tells people. */
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { addressFault, readAddress } from "../apps/dashboard/scripts/address.mjs";

const DEFAULT_LEASE = "10s";
/** Every worker process looks for lost jobs that often. */
const SWEEP = "5 s";

/**
 * What to run, after a build. `before` runs to its end, in order. The `processes` then live and die together, but for those
 * with `restart`: they are started again, at most `restart` times within a minute. `log`: a file for its standard output.
 */
export async function startPlan(root, env) {
  const example = join(root, "examples/document-stages/dist");
  const data = join(root, "data");
  mkdirSync(data, { recursive: true });
  const { host, port } = readAddress(env);
  const locked = env.JOBYARD_DASHBOARD_PASSWORD || env.JOBYARD_DASHBOARD_USERS;
  const ownDatabase = `sqlite:${join(data, "jobyard.db")}`;
  const shared = { JOBYARD_URL: env.JOBYARD_URL || ownDatabase, EXAMPLE_DATA: env.EXAMPLE_DATA || data };
  const headless = { ...shared, HOST: undefined, PORT: undefined }; // the address is the dashboard's
  const { workerQueues } = await import(pathToFileURL(join(example, "stage-table.js")).href);
  return {
    // A database that somebody named is theirs to migrate.
    before: env.JOBYARD_URL
      ? []
      : [{ file: join(root, "packages/jobyard/dist/cli/main.js"), args: ["migrate"], env: shared }],
    processes: [
      {
        name: "dashboard",
        file: join(root, "apps/dashboard/scripts/start.mjs"),
        env: {
          ...shared,
          HOST: host,
          PORT: port,
          // On this machine alone it may stand open; anywhere else it stays closed until someone sets a password.
          ...(isLoopback(host) && !locked && { JOBYARD_DASHBOARD_OPEN: env.JOBYARD_DASHBOARD_OPEN ?? "1" }),
        },
      },
      {
        name: "worker",
        file: join(root, "apps/worker/dist/main.js"),
        env: {
          ...headless,
          JOBYARD_JOBS: join(example, "jobs.js"),
          JOBYARD_QUEUES: workerQueues(),
          JOBYARD_LEASE: env.JOBYARD_LEASE || DEFAULT_LEASE,
        },
        // One JSON line per fact is for machines; people look at the dashboard.
        log: join(data, "worker.log"),
        restart: 5,
      },
      { name: "watcher", file: join(example, "main.js"), env: headless },
    ],
  };
}

/** One process of the plan as it runs while its sources change: started anew with each build, or served by `next dev`. */
export function whileDeveloping(root, one) {
  if (one.name !== "dashboard") return { ...one, args: ["--watch", "--watch-preserve-output", one.file] };
  const app = join(root, "apps/dashboard");
  const { HOST, PORT } = one.env;
  return {
    ...one,
    args: [join(app, "node_modules/next/dist/bin/next"), "dev", app, "--hostname", HOST, "--port", PORT],
  };
}

/** Where the dashboard answers. */
export function address(env) {
  const { host, port } = readAddress(env);
  const named = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${named.includes(":") ? `[${named}]` : named}:${port}`;
}

/** Printed once the dashboard answers. */
export function introduction(root, env, workerPid) {
  const url = address(env);
  const cli = env.JOBYARD_URL ? "npx jobyard" : "JOBYARD_URL=sqlite:./data/jobyard.db npx jobyard";
  const inbox = join(relative(process.cwd(), env.EXAMPLE_DATA || join(root, "data")) || ".", "inbox");
  return `
Jobyard is running: ${url}

  The example reads the files in ${inbox}: text, Markdown, HTML, PDF, images, notes. Put others in and watch.

  1. Open ${url}/jobs?q=state:dead - quarterly-figures.pdf is broken on purpose. After three attempts its job
     is dead: open it, read the error, press Requeue.
  2. Crash the worker while jobs run: kill -9 ${workerPid}
     It is started again, and within its lease + ${SWEEP} (lease: ${env.JOBYARD_LEASE || DEFAULT_LEASE}) it takes back what it held.
     Work for that: for i in 1 2 3 4 5 6 7 8 9; do cp examples/document-stages/README.md ${inbox}/copy-$i.md; done
  3. From another terminal: ${cli} queues
     ${cli} jobs state:dead
     tail -f ${relative(process.cwd(), join(root, "data/worker.log"))}

Ctrl+C stops everything.
`;
}

/** Rejects, in words that say what to do, if the dashboard could not listen. */
export async function assertPortFree(env) {
  const at = readAddress(env);
  const fault = await addressFault(at);
  if (fault?.code === "PORT_IN_USE")
    throw new Error(
      `port ${at.port} on ${at.host} is already in use. Stop what uses it, or choose another: PORT=3001 npm start`,
    );
  if (fault) throw new Error(fault.detail);
}

function isLoopback(host) {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
