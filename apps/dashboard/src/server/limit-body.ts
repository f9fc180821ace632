import "server-only";

/** Stops reading a request's body at a bound, also where its length was not announced. */

/** The same request; its body fails with a `RangeError` beyond `maxBytes`. */
export function limitBody(request: Request, maxBytes: number): Request {
  if (request.body === null) return request;
  let seen = 0;
  const counted = request.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        seen += chunk.byteLength;
        if (seen > maxBytes) controller.error(new RangeError(`The body is over ${maxBytes} bytes.`));
        else controller.enqueue(chunk);
      },
    }),
  );
  return new Request(request, { body: counted, duplex: "half" } as RequestInit);
}

/** True if the announced length is over the bound already. */
export const isTooLong = (request: Request, maxBytes: number): boolean =>
  Number(request.headers.get("content-length") ?? 0) > maxBytes;
