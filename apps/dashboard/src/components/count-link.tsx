import clsx from "clsx";
import type { Route } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import { type Capped, printCount, printShortCount } from "@/lib/capped-count";

export interface CountLinkProps {
  readonly count: Capped;
  readonly href: Route;
  /** What is counted, for people who hear it. */
  readonly label: string;
  readonly className?: string;
}

/** A number that leads to what it counts. Zero is quiet. */
export function CountLink({ count, href, label, className }: CountLinkProps): ReactNode {
  if (count.n === 0) return <span className="text-ink-3">0</span>;
  return (
    <Link
      href={href}
      aria-label={`${printCount(count)} ${label}`}
      title={printCount(count)}
      className={clsx("rounded font-medium hover:underline", className)}
    >
      {printShortCount(count)}
    </Link>
  );
}
