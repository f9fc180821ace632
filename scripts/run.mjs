/**
 * Installs what the checkout needs, then runs one task on it: `start`, `dev`, `test` or `check`.
 *
 * Runs on any Node.js from 20 on, with or without pnpm on PATH, and depends on no package. Everything after the
 * installation runs on the Node.js that pnpm-workspace.yaml pins (the npm package "node").
 */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { keepRunning } from "./keep-running.mjs";
import { address, assertPortFree, introduction, startPlan, whileDeveloping } from "./start.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const windows = process.platform === "win32";
const pathKey = Object.keys(process.env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
const env = {
  DO_NOT_TRACK: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  ...process.env,
  [pathKey]: join(root, "node_modules/.bin") + delimiter + process.env[pathKey],
};
const killAfterMs = 8_000;
const children = new Set();
let stopping = false;

const tasks = {
  async start() {
    await assertPortFree(process.env);
    await install();
    await must(...turbo("build"));
    await assertPortFree(process.env); // the build takes long enough for someone else to take it
    return runTogether(await startPlan(root, process.env));
  },
  /** The same from the sources as they change: compilers that watch, the dashboard as Next serves it for development. */
  async dev() {
    await assertPortFree(process.env);
    await install();
    await must(...turbo("build"));
    const [compiler, ...compilerArgs] = [...turbo("dev"), "--filter=!@jobyard/dashboard"];
    const plan = await startPlan(root, process.env);
    const watchers = { name: "compiler", command: compiler, args: compilerArgs, env: {} };
    return runTogether({ ...plan, processes: [watchers, ...plan.processes.map((one) => whileDeveloping(root, one))] });
  },
  async test() {
    await install();
    await must(...turbo("build", "typecheck"));
    return firstFailure([
      ["vitest", "run", ...reports("vitest")],
      ["playwright", "test", "-c", "apps/dashboard/playwright.config.ts", ...reports("playwright")],
    ]);
  },
  async check() {
    await install();
    await must(...turbo("build"));
    return firstFailure([
      ["biome", "check", "."],
      turbo("typecheck"),
      ["knip"],
      [...pnpm(), "exec", "node", "scripts/check-packages.mjs"],
    ]);
  },
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
// npm puts a shell between itself and this script, and that shell does not pass SIGTERM on.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent && !stopping) stop();
}, 500).unref();

const task = process.argv[2] ?? "";
if (!Object.hasOwn(tasks, task)) {
  console.error(`error: no task "${task}". There are: ${Object.keys(tasks).join(", ")}.`);
  process.exit(2);
}
try {
  process.exitCode = await tasks[task]();
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = error.exitCode ?? 1;
}

async function install() {
  await must(...pnpm(), "install", "--frozen-lockfile");
  const { stdout } = spawnSync("node", ["-p", "process.versions.node"], { env, shell: windows, encoding: "utf8" });
  const version = stdout.trim();
  const [major, minor] = version.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return;
  throw new Error(
    `this needs Node.js 22.18 or newer (24 is best). Found ${version}, and the npm package "node" has no build for this machine.`,
  );
}

/** Runs every command, so that one failure does not hide another. Resolves with the first exit code that is not 0. */
async function firstFailure(commands) {
  let failure = 0;
  for (const [command, ...args] of commands) {
    const code = await launch(command, args);
    if (stopping) return 130;
    if (code !== 0) console.error(`failed (exit code ${code}): ${[command, ...args].join(" ")}`);
    failure ||= code;
  }
  return failure;
}

async function must(command, ...args) {
  return mustWith({}, command, ...args);
}

async function mustWith(extraEnv, command, ...args) {
  const { code } = await run(command, args, { env: extraEnv });
  if (code === 0 && !stopping) return;
  const error = new Error(stopping ? "stopped." : `${[command, ...args].join(" ")} ended with exit code ${code}.`);
  throw Object.assign(error, { exitCode: code || 130 });
}

/** Resolves with the exit code: 0 if the end was asked for. */
async function runTogether(plan) {
  for (const { file, args, env } of plan.before) await mustWith(env, "node", file, ...args);
  const pids = new Map();
  const running = plan.processes.map((one) => startAndKeep(one, pids));
  void introduce(() => pids.get("worker"));
  const first = await Promise.race(running);
  const wasAsked = stopping;
  stop();
  await Promise.all(running);
  return wasAsked ? 0 : first || 1;
}

/** @param pids - gets the process id of every run, by name */
function startAndKeep(one, pids) {
  const remember = (pid) => {
    if (pids.has(one.name)) console.error(`start: the ${one.name} is process ${pid} now.`);
    pids.set(one.name, pid);
  };
  const { command = "node", args = [one.file], env, log } = one;
  const start = () => run(command, args, { env, log, onSpawn: remember });
  return keepRunning(one, start, () => stopping);
}

/** Says where to look, once there is something to see. */
async function introduce(workerPid) {
  while (!stopping) {
    const answered = await fetch(address(process.env), { redirect: "manual" }).catch(() => null); // not yet
    if (answered && workerPid()) return console.log(introduction(root, process.env, workerPid()));
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Resolves with the exit code. */
async function launch(command, args) {
  return (await run(command, args)).code;
}

/**
 * Resolves with exit code and signal. A variable set to undefined is not passed on. With `log`, its standard output
 * goes to the end of that file.
 */
function run(command, args, { env: extraEnv = {}, log, onSpawn = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const output = log ? openSync(log, "a") : "inherit";
    const child = spawn(command, args, {
      cwd: root,
      env: { ...env, ...extraEnv },
      shell: windows, // for .cmd shims
      stdio: ["inherit", output, "inherit"],
    });
    if (log) closeSync(output); // the child has its own
    children.add(child);
    onSpawn(child.pid);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      children.delete(child);
      resolve({ code: code ?? (signal === "SIGINT" ? 130 : 143), signal });
    });
  });
}

function stop() {
  stopping = true;
  for (const child of children) child.kill("SIGTERM");
  setTimeout(() => {
    for (const child of children) child.kill("SIGKILL");
  }, killAfterMs).unref();
}

/** pnpm from PATH if it can read this workspace (11 or newer), else the pinned one through npx. */
function pnpm() {
  const found = spawnSync("pnpm", ["--version"], {
    cwd: root,
    shell: windows,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (found.status === 0 && Number.parseInt(found.stdout, 10) >= 11) return ["pnpm"];
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // Of an exact version nothing changes: without this npx asks the registry every few minutes whether something has.
  return ["npx", "--yes", "--prefer-offline", packageManager];
}

/** turbo looks for pnpm on PATH, so it is started through pnpm: npx puts the one it fetched there. */
function turbo(...names) {
  return [...pnpm(), "exec", "turbo", "run", ...names, "--output-logs=errors-only"];
}

/** With JOBYARD_TEST_REPORTS set to a folder, each runner also writes `<runner>.json` there. */
function reports(runner) {
  const folder = process.env.JOBYARD_TEST_REPORTS;
  if (!folder) return [];
  const file = join(folder, `${runner}.json`);
  if (runner === "vitest") return ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  env.PLAYWRIGHT_JSON_OUTPUT_FILE = file;
  return ["--reporter=list,json"];
}
