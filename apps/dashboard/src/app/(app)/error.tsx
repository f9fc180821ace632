"use client";

import type { ReactNode } from "react";
import { ErrorState } from "@/components/error-state";

export default function PageError({
  error,
  reset,
}: {
  readonly error: Error & { digest?: string };
  readonly reset: () => void;
}): ReactNode {
  const reference = error.digest === undefined ? "" : ` The server's log has it under ${error.digest}.`;
  return (
    <ErrorState page code="INTERNAL" message={`Something failed while it was made.${reference}`} onRetry={reset} />
  );
}
