import type { ReactNode } from "react";

export interface PageHeaderProps {
  readonly title: ReactNode;
  /** Beside the title. */
  readonly badge?: ReactNode;
  /** Under the title. */
  readonly about?: ReactNode;
  readonly children?: ReactNode;
}

/** The one h1 of a page, and the page's actions. */
export function PageHeader({ title, badge, about, children }: PageHeaderProps): ReactNode {
  return (
    <header className="flex flex-wrap items-start gap-x-4 gap-y-3">
      <div className="min-w-0 flex-1 basis-60">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="min-w-0 break-words font-semibold text-xl tracking-tight">{title}</h1>
          {badge}
        </div>
        {about !== undefined && <div className="mt-0.5 text-base text-ink-2">{about}</div>}
      </div>
      {children !== undefined && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </header>
  );
}
