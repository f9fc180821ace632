import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export interface EmptyStateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  /** What to do next. */
  readonly children: ReactNode;
}

export function EmptyState({ icon: Icon, title, children }: EmptyStateProps): ReactNode {
  return (
    <div className="flex flex-col items-center gap-1.5 px-6 py-14 text-center">
      <Icon aria-hidden className="mb-2 size-7 text-ink-3" strokeWidth={1.5} />
      <p className="font-semibold text-base">{title}</p>
      <div className="max-w-md text-ink-2">{children}</div>
    </div>
  );
}
