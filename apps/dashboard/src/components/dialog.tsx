"use client";

import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import clsx from "clsx";
import type { ReactNode } from "react";

export interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: ReactNode;
  readonly children: ReactNode;
  /** A question that must be answered: a press outside does not close it. */
  readonly alert?: boolean;
  readonly wide?: boolean;
}

/** A box over the page. It holds its own buttons. */
export function Dialog({ open, onClose, title, children, alert = false, wide = false }: DialogProps): ReactNode {
  const Kind = alert ? AlertDialog : Base;
  return (
    <Kind.Root open={open} onOpenChange={(next: boolean) => (next ? undefined : onClose())}>
      <Kind.Portal>
        <Kind.Backdrop className="fixed inset-0 z-40 bg-backdrop" />
        <Kind.Popup
          className={clsx(
            "fixed inset-x-3 bottom-3 z-40 mx-auto flex max-h-[calc(100dvh-1.5rem)] flex-col gap-4 overflow-y-auto rounded-xl border border-line bg-raised p-5 shadow-float sm:top-[12vh] sm:bottom-auto sm:max-h-[76vh]",
            // It has the focus itself only where it holds nothing to press.
            "outline-none motion-safe:animate-rise",
            wide ? "max-w-2xl" : "max-w-md",
          )}
        >
          <Kind.Title className="font-semibold text-lg">{title}</Kind.Title>
          {children}
        </Kind.Popup>
      </Kind.Portal>
    </Kind.Root>
  );
}

/** The row of buttons that ends a dialog. */
export function DialogButtons({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="flex flex-wrap items-center justify-end gap-2 pt-1">{children}</div>;
}
