/** Lets this process import the dashboard's server modules as its own build does. To be imported before they are. */

import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const DASHBOARD = join(import.meta.dirname, "../../../apps/dashboard");

/** Outside of React's server condition this package throws on import. */
const SERVER_ONLY = join(DASHBOARD, "node_modules/server-only/empty.js");

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "server-only") return next(pathToFileURL(SERVER_ONLY).href, context);
    const isOurs = context.parentURL?.includes("/apps/dashboard/src/") === true;
    if (specifier.startsWith("@/")) return next(fileOf(join(DASHBOARD, "src", specifier.slice(2))), context);
    if (isOurs && specifier.startsWith("."))
      return next(fileOf(new URL(specifier, context.parentURL).pathname), context);
    return next(specifier, context);
  },
});

const fileOf = (path: string): string =>
  pathToFileURL([`${path}.ts`, path].find((candidate) => existsSync(candidate)) ?? path).href;
