import clsx from "clsx";
import type { ReactNode } from "react";

export interface PanelProps {
  readonly title?: ReactNode;
  /** Beside the title, at the end of the line. */
  readonly side?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A raised surface with a title. */
export function Panel({ title, side, children, className }: PanelProps): ReactNode {
  return (
    <section className={clsx("min-w-0 overflow-clip rounded-lg border border-line bg-raised shadow-raised", className)}>
      {title !== undefined && (
        <header className="flex min-h-10 items-center gap-2 border-line border-b px-4">
          <h2 className="font-semibold">{title}</h2>
          {side !== undefined && <div className="ms-auto flex items-center gap-2 text-ink-2">{side}</div>}
        </header>
      )}
      {children}
    </section>
  );
}
