"use client";

import clsx from "clsx";
import { type ReactNode, useState } from "react";

/** Something that may change while one looks: for a second a change can be seen. */
export function Changing({ value, children }: { readonly value: string; readonly children: ReactNode }): ReactNode {
  const [shown, setShown] = useState({ value, changes: 0 });
  if (shown.value !== value) setShown({ value, changes: shown.changes + 1 });
  return (
    <span key={shown.changes} className={clsx("-mx-1 rounded px-1", shown.changes > 0 && "animate-changed")}>
      {children}
    </span>
  );
}
