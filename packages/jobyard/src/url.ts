/** A backend's URL as it may be shown: without the secrets that people put into it. */

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
  if (at === -1) return path;
  const start = /^[a-z][a-z0-9+.-]*:(?:\/\/)?/i.exec(path)?.[0] ?? "";
  return `${start}***${path.slice(at)}`;
}
