import type { ReactNode } from "react";

export interface ScrollAreaProps {
  readonly label: string;
  readonly className: string;
  readonly children: ReactNode;
}

/** What scrolls inside its own place can be reached, and so scrolled, by keyboard. */
export function ScrollArea({ label, className, children }: ScrollAreaProps): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard cannot scroll it (WCAG 2.1.1).
    <section aria-label={label} tabIndex={0} className={className}>
      {children}
    </section>
  );
}
