import clsx from "clsx";
import type { ComponentProps, ReactNode } from "react";
import { ScrollArea } from "./scroll-area";

/** A real table with a caption; wider than its place, it scrolls inside it. */
export function Table({ caption, children }: { readonly caption: string; readonly children: ReactNode }): ReactNode {
  return (
    <ScrollArea label={caption} className="relative overflow-x-auto">
      <table className="w-full border-collapse text-start">
        <caption className="sr-only">{caption}</caption>
        {children}
      </table>
    </ScrollArea>
  );
}

interface NumericProps {
  /** Numbers and times end at the same edge. */
  readonly numeric?: boolean;
}

export function Th({ className, numeric = false, ...rest }: ComponentProps<"th"> & NumericProps): ReactNode {
  return (
    <th
      scope="col"
      {...rest}
      className={clsx(
        "h-9 whitespace-nowrap border-line border-b px-3 font-medium text-ink-2 first:ps-4 last:pe-4",
        numeric ? "text-end" : "text-start",
        className,
      )}
    />
  );
}

export function Td({ className, numeric = false, ...rest }: ComponentProps<"td"> & NumericProps): ReactNode {
  return <td {...rest} className={clsx("h-9 px-3 first:ps-4 last:pe-4", numeric && "text-end", className)} />;
}

export const rowClass = "border-line border-b last:border-b-0 hover:bg-hover";
