/** Serves the stand-alone build: the same files that are published. What stops it is said in one line, as everywhere. */
import { cpSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";

const app = join(import.meta.dirname, "..");
const server = join(app, ".next/standalone/apps/dashboard");
if (!existsSync(server)) stop("CONFIG_INVALID", "The dashboard is not built. Run: pnpm build");
cpSync(join(app, ".next/static"), join(server, ".next/static"), { recursive: true });

process.env.NEXT_TELEMETRY_DISABLED = "1";
process.env.PORT ||= "3000";
process.env.HOST ||= "127.0.0.1";
process.env.HOSTNAME = process.env.HOST; // many shells export HOSTNAME: never inherit it
// server.js changes directory, so a file must be named in full before that.
process.env.JOBYARD_URL ||= `sqlite:${join(app, "../../data/jobyard.db")}`;
for (const [name, value] of Object.entries(process.env))
  if (/^JOBYARD_URL(_|$)/.test(name) && value.startsWith("sqlite:") && !value.startsWith("sqlite://"))
    process.env[name] = `sqlite:${resolve(value.slice("sqlite:".length))}`;

await checkAddress(process.env.HOST, process.env.PORT);
await import(join(server, "server.js"));

/** Next would say so too, with a stack trace and after the database was opened. */
async function checkAddress(host, port) {
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    stop("CONFIG_INVALID", `PORT must be a number from 1 to 65535, and is ${JSON.stringify(port)}.`);
  const probe = createServer();
  const fault = await new Promise((done) => {
    probe.once("error", done);
    probe.listen({ host, port: Number(port), exclusive: true }, () => probe.close(() => done(null)));
  });
  if (fault === null) return;
  if (fault.code === "EADDRINUSE")
    stop("PORT_IN_USE", `${host}:${port}. The port is taken by another program. Set PORT to a free one.`);
  stop("CONFIG_INVALID", `It cannot listen on ${host}:${port} (${fault.code}). Change HOST or PORT.`);
}

function stop(code, message) {
  process.stderr.write(`error[${code}]: ${message}\n`);
  process.exit(1);
}
