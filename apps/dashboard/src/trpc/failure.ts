/** What the server said of an error, on the browser's side. */

import { TRPCClientError } from "@trpc/client";
import type { Failure } from "@/server/failure";

/** A server that could not be reached says nothing: then the text is ours. */
export function failureOf(error: unknown): Pick<Failure, "code" | "message"> {
  const failure =
    error instanceof TRPCClientError ? (error.data as { readonly failure?: Failure } | null)?.failure : undefined;
  return (
    failure ?? {
      code: "INTERNAL",
      message: "The dashboard's server cannot be reached. Check that it runs, then try again.",
    }
  );
}
