/** Serves the stand-alone build: the same files that are published. */
import { cpSync, existsSync } from "node:fs";
import { join, resolve } from "node:path";

const app = join(import.meta.dirname, "..");
const server = join(app, ".next/standalone/apps/dashboard");
if (!existsSync(server)) {
  console.error("error: the dashboard is not built. Run: npm run build");
  process.exit(1);
}
cpSync(join(app, ".next/static"), join(server, ".next/static"), { recursive: true });
if (existsSync(join(app, "public"))) cpSync(join(app, "public"), join(server, "public"), { recursive: true });

process.env.NEXT_TELEMETRY_DISABLED = "1";
process.env.PORT ||= "3000";
process.env.HOSTNAME = process.env.HOST || "127.0.0.1"; // many shells export HOSTNAME: never inherit it
// server.js changes directory, so a file must be named in full before that.
process.env.JOBYARD_URL ||= `sqlite:${join(app, "../../data/jobyard.db")}`;
for (const [name, value] of Object.entries(process.env))
  if (/^JOBYARD_URL(_|$)/.test(name) && value.startsWith("sqlite:") && !value.startsWith("sqlite://"))
    process.env[name] = `sqlite:${resolve(value.slice("sqlite:".length))}`;

await import(join(server, "server.js"));
