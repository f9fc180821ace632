/** Serves the build, the same files that are published, on the workspace's own database unless another is named. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const app = join(import.meta.dirname, "..");
const built = buildId(".next");
// `next build` alone makes no dist.
if (built === null || built !== buildId("dist/.next")) {
  process.stderr.write("error[CONFIG_INVALID]: The dashboard is not built. Run: pnpm build\n");
  process.exit(2);
}
process.env.JOBYARD_URL ||= `sqlite:${join(app, "../../data/jobyard.db")}`;
await import(new URL("../dist/bin.js", import.meta.url).href);

function buildId(folder) {
  const file = join(app, folder, "BUILD_ID");
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}
