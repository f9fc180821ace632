/** A backend's URL as it may be shown: without the secrets that people put into it. */

import { shellWord } from "@jobyard/core/adapter";

/** What `openYard()` opens when it is given nothing. */
export const DEFAULT_URL = "sqlite:./jobyard.db";

/** The part before the colon, in lower case; `null` if there is none. */
export const schemeOf = (url: string): string | null => /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? null;

/**
 * The URL for logs and messages: user and password masked, and all parameters left out, because some
 * clients take passwords there. The file of a SQLite URL stays readable.
 */
export function printableUrl(url: string): string {
  const path = url.replace(/[?#].*$/s, "");
  if (schemeOf(path) === "sqlite") return path;
  const at = path.lastIndexOf("@");
  const start = /^[a-z][a-z0-9+.-]*:(?:\/\/)?/i.exec(path)?.[0] ?? "";
  if (at !== -1) return `${start}***${path.slice(at)}`;
  // A password with a ? or # that was not escaped: what stands before it is the beginning of the password.
  return url.includes("@") ? `${start}***` : path;
}

/**
 * ` --url …` for a command that people will paste; empty where the environment names the same store. A URL that may
 * hold a password is left to them: what stands in its place opens nothing.
 */
export function urlFlag(url: string): string {
  if (url === (process.env["JOBYARD_URL"] || DEFAULT_URL)) return "";
  const isPublic = schemeOf(url) === "sqlite" || printableUrl(url) === url;
  return ` --url ${isPublic ? shellWord(url) : "'<the same URL>'"}`;
}
