"use client";

import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";

export interface ErrorStateProps {
  readonly code: string;
  readonly message: string;
  /** It is all that the page shows. */
  readonly page?: boolean;
  readonly onRetry?: () => void;
}

/** What went wrong, in the words that CLI and API use too, and a way on. */
export function ErrorState({ code, message, page = false, onRetry }: ErrorStateProps): ReactNode {
  return (
    <div role="alert" className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      <TriangleAlert aria-hidden className="mb-1 size-7 text-failed" strokeWidth={1.5} />
      {page && <h1 className="font-semibold text-lg">This page cannot be shown</h1>}
      <p className="max-w-xl text-base">{message}</p>
      <p className="font-mono text-ink-2 text-xs">{code}</p>
      {onRetry && (
        <Button className="mt-2" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
