/**
 * Makes dist/, what is published, from Next's stand-alone build: the server, its files, and the packages it needs.
 *
 * What npm cannot carry is taken out: links (the packages lie flat in dist/node_modules, and the names that Next
 * gave to its links become the packages' own again), packages that are dependencies of ours (they have builds for each
 * platform and are installed by npm), and paths of the machine that built it.
 */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative, sep } from "node:path";
import { thirdPartyNotices } from "./notices.mjs";

const app = join(import.meta.dirname, "..");
const workspace = join(app, "../..");
const standalone = join(app, ".next/standalone");
const server = join(standalone, relative(workspace, app));
const dist = join(app, "dist");
const { dependencies } = JSON.parse(readFileSync(join(app, "package.json"), "utf8"));
const PACKAGE = "{@*/*,[!@.]*}";

if (!existsSync(join(server, "server.js"))) throw new Error(`${server} has no server.js. Run: next build`);
rmSync(dist, { recursive: true, force: true });
copyServer();
copyPackages();
writeFileSync(join(dist, "THIRD-PARTY-NOTICES.txt"), thirdPartyNotices(app, new Set(Object.keys(dependencies))));
rewrite([...ownNames(), [inJson(workspace), "."]]);
assertNoPath(workspace);

function copyServer() {
  const links = join(server, ".next/node_modules");
  cpSync(join(server, ".next"), join(dist, ".next"), { recursive: true, filter: (path) => path !== links });
  cpSync(join(app, ".next/static"), join(dist, ".next/static"), { recursive: true });
  if (existsSync(join(app, "public"))) cpSync(join(app, "public"), join(dist, "public"), { recursive: true });
  copyFileSync(join(server, "server.js"), join(dist, "server.js"));
  copyFileSync(join(workspace, "LICENSE"), join(dist, "LICENSE"));
  for (const file of ["address.mjs", "hash-password.mjs"]) copyFileSync(join(app, "scripts", file), join(dist, file));
  copyFileSync(join(app, "scripts/bin.mjs"), join(dist, "bin.js"));
  chmodSync(join(dist, "bin.js"), 0o755);
}

/**
 * What Next's server needs, followed from link to link: each package lies once in pnpm's store folder, beside links to
 * what it needs. What npm installs beside this package (and all that that needs) was traced too, and is left out.
 */
function copyPackages() {
  const from = new Map();
  const waiting = packagesIn(join(server, "node_modules"));
  for (const folder of waiting) {
    const name = packageName(folder);
    if (name in dependencies || from.get(name) === folder) continue;
    if (from.has(name))
      throw new Error(`${name} is needed twice: ${from.get(name)} and ${folder}. It cannot lie flat.`);
    from.set(name, folder);
    waiting.push(...packagesIn(join(folder, name.includes("/") ? "../.." : "..")));
  }
  for (const [name, folder] of from) {
    const to = join(dist, "node_modules", name);
    cpSync(folder, to, { recursive: true });
    copyLicence(join(workspace, relative(realpathSync(standalone), folder)), to);
  }
}

/** Where they really lie. A link to what was kept out of the build leads nowhere. */
function packagesIn(folder) {
  const links = globSync(PACKAGE, { cwd: folder }).map((name) => join(folder, name));
  return links.filter((link) => existsSync(link)).map((link) => realpathSync(link));
}

/** Next copies only what runs. */
function copyLicence(from, to) {
  mkdirSync(to, { recursive: true });
  for (const file of globSync("{LICENSE,LICENCE,license,licence,NOTICE}*", { cwd: from }))
    if (statSync(join(from, file)).isFile()) copyFileSync(join(from, file), join(to, file));
}

/** Next links external packages as `<name>-<hash>`: pairs of that name and the package's own. */
function ownNames() {
  const links = join(server, ".next/node_modules");
  return globSync(PACKAGE, { cwd: links }).map((link) => {
    const name = packageName(readlinkSync(join(links, link)));
    if (!(name in dependencies)) throw new Error(`${name} is external to the build, so it must be a dependency.`);
    return [link.replaceAll(sep, "/"), name];
  });
}

function rewrite(replacements) {
  for (const file of ["server.js", ...globSync(".next/**/*.{js,json}", { cwd: dist })]) {
    const text = readFileSync(join(dist, file), "utf8");
    const rewritten = replacements.reduce((whole, [from, to]) => whole.replaceAll(from, to), text);
    if (rewritten !== text) writeFileSync(join(dist, file), rewritten);
  }
}

function assertNoPath(path) {
  for (const file of globSync("**", { cwd: dist })) {
    if (!statSync(join(dist, file)).isFile()) continue;
    const content = readFileSync(join(dist, file));
    if (content.includes(path) || content.includes(inJson(path))) throw new Error(`${file} holds the path ${path}.`);
  }
}

function packageName(path) {
  return path
    .split(/[\\/]node_modules[\\/]/)
    .at(-1)
    .replaceAll(sep, "/");
}

function inJson(text) {
  return JSON.stringify(text).slice(1, -1);
}
