import "server-only";

/**
 * Refuses what another site's page makes a browser send.
 *
 * Browsers say where a request comes from (`Sec-Fetch-Site`) on https and loopback; where they do not, the
 * Origin must be ours. A change needs JSON besides, which no form can send without being asked first.
 */

/** What is wrong with the request; `null` if it is ours. @param origin - the dashboard's own, if it was configured */
export function crossSiteFault(request: Request, origin: string | null): string | null {
  const { headers, method } = request;
  const site = headers.get("sec-fetch-site");
  if (method === "GET" || method === "HEAD")
    return site === null || site === "same-origin" || site === "none" ? null : "The request came from another site.";
  if (method !== "POST") return "Only GET and POST are known here.";
  if (!/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? ""))
    return "The content type must be application/json.";
  if (site !== null && site !== "same-origin") return "The request came from another site.";
  if (site === null || origin !== null) {
    const from = headers.get("origin");
    if (from === null || !isOurs(from, origin, headers.get("host"))) return "The origin is not this dashboard's.";
  }
  return null;
}

const isOurs = (from: string, origin: string | null, host: string | null): boolean =>
  origin !== null ? from === origin : URL.canParse(from) && new URL(from).host === host;
