/**
 * Finds a Chromium for the tests: the one you name, the machine's own, else the one an npm package carries.
 *
 * Nothing is downloaded, so the tests run wherever `pnpm install` did.
 */
import { spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

export interface Browser {
  /** Absent: Playwright looks for its own. */
  readonly executablePath?: string;
  readonly args: string[];
  /** Variables the browser needs besides ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** For the log: where it was found. */
  readonly source: string;
}

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

const ARGS = [
  "--no-sandbox", // tests also run as root, in containers
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

/** `JOBYARD_TEST_CHROMIUM` is a path, or "npm" to pass over the machine's own browser. */
export async function findBrowser(): Promise<Browser> {
  const given = process.env["JOBYARD_TEST_CHROMIUM"];
  if (given && given !== "npm") return { executablePath: given, args: ARGS, source: given };
  const found = given === "npm" ? undefined : onPath();
  if (found) return { executablePath: found, args: ARGS, source: found };
  return (await packed()) ?? { args: [], source: "playwright" };
}

function onPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(executable);
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The Chromium of @sparticuz/chromium, with the few libraries a bare Linux lacks. Unpacked once. */
async function packed(): Promise<Browser | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const home = packageFolder("@sparticuz/chromium");
  if (!home) return undefined;
  const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as { version: string };
  const cache = join(import.meta.dirname, "../node_modules/.cache");
  const dir = join(cache, `chromium-${version}`);
  if (!existsSync(dir)) {
    mkdirSync(cache, { recursive: true });
    const part = mkdtempSync(join(cache, "unpack-"));
    await unpack(join(home, "bin"), part);
    writeFileSync(join(part, "fonts.conf"), fontsConf(dir));
    try {
      renameSync(part, dir);
    } catch {
      rmSync(part, { recursive: true, force: true }); // another process was first
    }
  }
  const libraries = [join(dir, "lib"), process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(":");
  return {
    executablePath: join(dir, "chromium"),
    args: ARGS,
    env: { LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: dir },
    source: `@sparticuz/chromium ${version}`,
  };
}

function packageFolder(name: string): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), "..");
  } catch {
    return undefined;
  }
}

async function unpack(from: string, to: string): Promise<void> {
  const expand = (name: string, file: string): Promise<void> =>
    pipeline(createReadStream(join(from, name)), createBrotliDecompress(), createWriteStream(file));
  await Promise.all([
    expand("chromium.br", join(to, "chromium")),
    ...["al2023", "fonts", "swiftshader"].map(async (name) => {
      const tar = join(to, `${name}.tar`);
      await expand(`${name}.tar.br`, tar);
      const { status } = spawnSync("tar", ["-xf", tar, "-C", to, "--no-same-owner"], { stdio: "inherit" });
      if (status !== 0) throw new Error(`cannot unpack ${tar}`);
      rmSync(tar);
    }),
  ]);
  chmodSync(join(to, "chromium"), 0o755);
}

function fontsConf(dir: string): string {
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(dir, "fonts")}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(dir, "font-cache")}</cachedir>
</fontconfig>
`;
}
