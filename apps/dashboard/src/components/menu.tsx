"use client";

import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";

/** A button that opens a short list of actions. */
export function Menu({
  trigger,
  children,
}: {
  readonly trigger: ReactElement;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="end" className="z-40">
          <Base.Popup className="min-w-44 rounded-lg border border-line bg-raised p-1 shadow-float outline-none motion-safe:animate-rise">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({
  onClick,
  children,
}: {
  readonly onClick: () => void;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Base.Item
      onClick={onClick}
      className="flex h-8 cursor-default select-none items-center gap-2 rounded-md px-2 outline-none data-highlighted:bg-hover"
    >
      {children}
    </Base.Item>
  );
}

export function MenuNote({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="px-2 py-1.5 text-ink-2 text-xs">{children}</div>;
}
