/**
 * Checks every published package as its users get it: packed, then read by publint and attw.
 *
 * Needs a build, and pnpm on PATH (`npm run check` sees to both).
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const out = mkdtempSync(join(tmpdir(), "jobyard-packages-"));
let failed = 0;

try {
  for (const file of globSync("{packages,apps}/*/package.json", { cwd: root }).sort()) {
    const folder = join(root, file, "..");
    const manifest = JSON.parse(readFileSync(join(root, file), "utf8"));
    if (manifest.private) continue;
    const ok = check(folder, manifest);
    console.log(`${ok ? "ok    " : "FAILED"} ${manifest.name}`);
    if (!ok) failed += 1;
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;

function check(folder, manifest) {
  if (!existsSync(join(folder, "dist"))) {
    console.error(`${manifest.name} has no dist: build first`);
    return false;
  }
  const to = mkdtempSync(join(out, "pack-"));
  if (!run("pnpm", ["pack", "--pack-destination", to], folder)) return false;
  const tarball = join(to, readdirSync(to)[0]);
  const lint = run("publint", [tarball, "--strict"], folder);
  const importable = Object.keys(manifest.exports ?? {}).some((path) => path !== "./package.json");
  const types = !importable || run("attw", [tarball, "--profile", "esm-only"], folder); // a bin alone has no types
  return lint && types;
}

/** Says nothing if all is well. */
function run(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", shell: process.platform === "win32" });
  if (result.status === 0) return true;
  console.error(result.error?.message ?? result.stdout + result.stderr);
  return false;
}
