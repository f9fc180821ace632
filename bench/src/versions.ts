/** Which version of a package is installed here. */

import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** @throws if there is none */
export function versionOf(name: string, from: string = import.meta.url): string {
  const file = findPackageJSON(name, from);
  if (file === undefined) throw new Error(`${name} is not installed`);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string };
  return version;
}
