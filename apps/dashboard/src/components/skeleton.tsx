import clsx from "clsx";
import type { ReactNode } from "react";

/** A grey place of the final size. */
export function Skeleton({ className }: { readonly className: string }): ReactNode {
  return <div aria-hidden className={clsx("animate-pulse-soft rounded-md bg-hover", className)} />;
}

/** A panel that is being fetched. */
export function SkeletonRows({ rows }: { readonly rows: number }): ReactNode {
  return (
    <div role="status" aria-label="Loading" className="rounded-lg border border-line bg-raised p-3">
      {Array.from({ length: rows }, (_, index) => index + 1).map((row) => (
        <Skeleton key={row} className={clsx("my-2.5 h-5", row % 3 === 2 ? "w-3/4" : "w-full")} />
      ))}
    </div>
  );
}
