/** The dashboard as it is served: its build, its own process, asked over HTTP. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { DASHBOARD } from "./dashboard-modules.ts";
import { BACKEND, type Procedures } from "./procedures.ts";

const START_MS = 60_000;

/** @throws Error if the dashboard is not built, or does not start */
export async function openServer(url: string): Promise<Procedures> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const server = spawn(process.execPath, [join(DASHBOARD, "scripts/start.mjs")], {
    env: {
      ...process.env,
      JOBYARD_URL: url,
      JOBYARD_DASHBOARD_OPEN: "1",
      HOST: "127.0.0.1",
      PORT: `${port}`,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = once(server, "exit");
  const end = Date.now() + START_MS;
  while (!(await isUp(`${address}/api/health`))) {
    if (server.exitCode !== null) throw new Error(`the dashboard ended with exit code ${server.exitCode}`);
    if (Date.now() > end) throw new Error(`the dashboard was not up after ${START_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    async call(path, input) {
      const query = encodeURIComponent(JSON.stringify({ backend: BACKEND, ...input }));
      const response = await fetch(`${address}/api/trpc/${path}?input=${query}`, {
        headers: { "sec-fetch-site": "same-origin" },
      });
      const body = (await response.json()) as { readonly result?: { readonly data: unknown } };
      if (!response.ok || body.result === undefined)
        throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
      return body.result.data;
    },
    async close() {
      server.kill("SIGTERM");
      await exited;
    },
  };
}

const isUp = (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.ok,
    () => false,
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
