/**
 * Tries every published package as its users get it: packed, installed into an empty project outside the workspace,
 * and its README followed there, line by line.
 *
 * In a README, a code block whose first line is a comment with a file name becomes that file; the `sh` blocks are run
 * in order, line by line (`npm install` lines are replaced by the packed packages; lines that end in `&` run until the end).
 * `DATABASE_URL` leads to a real Postgres server, `REDIS_URL` to a real Redis.
 * Needs a build, and pnpm on PATH: `pnpm try-packages [name…]`.
 */
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startPostgres, startRedis, throwaway } from "../tools/servers/src/index.ts";

const root = join(import.meta.dirname, "..");
const LINE_LIMIT_MS = 120_000;
const wanted = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), "jobyard-try-"));
const background = new Set();
const servers = {
  DATABASE_URL: await startPostgres({ settings: throwaway, auth: "scram-sha-256" }),
  REDIS_URL: await startRedis({ appendonly: "always", requirepass: randomUUID() }),
};
for (const [name, { url }] of Object.entries(servers)) process.env[name] = url;
let failed = 0;

try {
  const packages = packAll();
  for (const one of packages) {
    if (wanted.length > 0 && !wanted.includes(one.name)) continue;
    const ok = tryOne(one, packages);
    stopBackground();
    console.log(`${ok ? "ok    " : "FAILED"} ${one.name}`);
    if (!ok) failed += 1;
  }
} finally {
  stopBackground();
  await Promise.all(Object.values(servers).map((server) => server.stop()));
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;

function packAll() {
  return globSync("{packages,apps}/*/package.json", { cwd: root })
    .sort()
    .map((file) => ({
      folder: dirname(join(root, file)),
      manifest: JSON.parse(readFileSync(join(root, file), "utf8")),
    }))
    .filter(({ manifest }) => !manifest.private)
    .map(({ folder, manifest }) => {
      const packed = run("pnpm", ["pack", "--json", "--pack-destination", work], folder);
      if (!packed.ok) throw new Error(packed.output);
      const { filename } = JSON.parse(packed.output.slice(packed.output.indexOf("{")));
      return { name: manifest.name, folder, manifest, tarball: join(work, filename.split(/[\\/]/).at(-1)) };
    });
}

function tryOne(one, packages) {
  const project = mkdtempSync(join(work, "project-"));
  const readme = readFileSync(join(one.folder, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({ language, text }));
  const asked = blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => [...text.matchAll(/^npm install (.*)$/gm)].flatMap(([, names]) => names.split(/\s+/)));
  const direct = new Set([one.name, ...asked]);
  // Our own packages are taken from the tarballs wherever they are asked for. npm overrides what others ask for only.
  const ours = new Map(packages.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const overrides = Object.fromEntries([...ours].filter(([name]) => !direct.has(name)));
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "try", private: true, type: "module", overrides }, null, 2),
  );
  const names = [...direct].map((name) => ours.get(name) ?? name);
  const install = run("npm", ["install", "--no-audit", "--no-fund", ...names], project);
  if (!install.ok) return complain(one.name, "npm install", install.output);
  for (const { language, text } of blocks) {
    const file = /^(?:\/\/|#) (\S+\.\w+)\n/.exec(text)?.[1];
    if (language !== "sh" && file !== undefined) write(join(project, file), text);
    if (language === "sh") for (const line of commands(text)) if (!follow(one.name, line, project)) return false;
  }
  return true;
}

function commands(text) {
  return text
    .split("\n")
    .map((line) => line.replace(/\s+# .*$/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("npm install"));
}

function follow(name, line, project) {
  if (line.endsWith("&")) {
    const options = { cwd: project, env: clean(), stdio: "ignore", detached: true };
    background.add(spawn("sh", ["-c", line.slice(0, -1)], options));
    return true;
  }
  const result = run("sh", ["-ec", line], project);
  return result.ok || complain(name, line, result.output);
}

function complain(name, line, output) {
  console.error(`${name}: ${line}\n${output}`);
  return false;
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function run(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, env: clean(), encoding: "utf8", timeout: LINE_LIMIT_MS });
  return { ok: result.status === 0, output: `${result.error?.message ?? ""}${result.stdout}${result.stderr}` };
}

function endGroup(pid) {
  try {
    process.kill(-pid, "SIGTERM");
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // it has ended by itself
  }
}

/** What a user's shell has: nothing that pnpm or npm set for their scripts. */
function clean() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^(npm_(?!config_registry|config_cache)|PNPM_|JOBYARD_)/i.test(key)),
  );
}

/** With all that it started: npx does not pass signals on. */
function stopBackground() {
  for (const { pid } of background) if (pid !== undefined) endGroup(pid);
  background.clear();
}
