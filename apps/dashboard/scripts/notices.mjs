/**
 * The notices of the packages whose code is inside the build: their names, versions, licences and licence texts.
 *
 * The bundler does not say what it bundled, so these are the packages that the source imports, with all that they
 * depend on: rather one too many than one too few.
 */
import { existsSync, globSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

const LICENCE_FILES = "{LICENSE,LICENCE,license,licence,NOTICE}*";
const IMPORT = /(?:\bfrom |\bimport |\bimport\()"((?:@[\w.-]+\/)?[\w.-]+)(?:\/[^"]*)?"/g;
/** Used by the build without an import: the framework, and what the style sheet begins with. */
const ALWAYS = ["next", "react", "react-dom", "tailwindcss"];

/**
 * @param app - the folder of the dashboard
 * @param installed - names of packages that npm installs beside the dashboard: their code is not inside
 */
export function thirdPartyNotices(app, installed) {
  const found = new Map();
  const waiting = [...importedNames(app), ...ALWAYS].map((name) => ({ name, by: app }));
  for (const { name, by } of waiting) {
    const folder = installed.has(name) ? null : folderOf(name, by);
    if (folder === null || found.has(folder)) continue;
    const info = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    found.set(folder, info);
    waiting.push(...Object.keys(info.dependencies ?? {}).map((dependency) => ({ name: dependency, by: folder })));
  }
  const packages = [...found].filter(([, { name }]) => !name.startsWith("@jobyard/"));
  const notices = packages.map(([folder, info]) => ({
    title: `${info.name} ${info.version}`,
    licence: info.license ?? null,
    text: licenceText(folder),
  }));
  return printed([...notices, ...insideNext(folderOf("next", app))]);
}

function importedNames(app) {
  const names = new Set();
  for (const file of globSync("src/**/*.{ts,tsx}", { cwd: app, exclude: ["**/*.test.*"] }))
    for (const [, name] of readFileSync(join(app, file), "utf8").matchAll(IMPORT)) names.add(name);
  return names;
}

/** Where Node would find it; `null` for what is no package: an alias, a module of Node, types alone. */
function folderOf(name, by) {
  for (let folder = realpathSync(by); folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return realpathSync(found);
  }
  return null;
}

/** Packages that Next carries as files of its own. */
function insideNext(next) {
  const compiled = join(next, "dist/compiled");
  const folders = new Set(globSync(`**/${LICENCE_FILES}`, { cwd: compiled }).map((file) => dirname(file)));
  return [...folders].map((folder) => ({
    title: `${folder.replaceAll("\\", "/")} (inside next)`,
    licence: null,
    text: licenceText(join(compiled, folder)),
  }));
}

const licenceText = (folder) =>
  globSync(LICENCE_FILES, { cwd: folder })
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").trim())
    .join("\n\n");

function printed(notices) {
  const nameless = notices.filter(({ licence, text }) => licence === null && text === "");
  if (nameless.length > 0) throw new Error(`No licence is known of: ${nameless.map(({ title }) => title).join(", ")}.`);
  const sections = notices
    .sort((a, b) => (a.title < b.title ? -1 : 1))
    .map(({ title, licence, text }) =>
      [`${"=".repeat(80)}\n${title}${licence === null ? "" : `, ${licence}`}`, text].filter(Boolean).join("\n\n"),
    );
  return `The Jobyard dashboard holds code of the packages below, under their own licences.\n\n${sections.join("\n\n")}\n`;
}
