import "server-only";

/** Reads a request's body up to a bound, also where its length was not announced. */

/** The same request with its body at hand; `null` if that has more than `maxBytes`. */
export async function withBoundedBody(request: Request, maxBytes: number): Promise<Request | null> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return null;
  if (request.body === null) return request;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  const { url, method, headers, signal } = request;
  return new Request(url, { method, headers, signal, body: Buffer.concat(chunks) });
}

export const tooLong = (): Response => new Response("The body is too long.", { status: 413 });
