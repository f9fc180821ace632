"use client";

import { type RowSelectionState, useTable } from "@tanstack/react-table";
import clsx from "clsx";
import { type ReactNode, useEffect, useEffectEvent, useRef } from "react";
import { Td, Th } from "@/components/table";
import { isTyping } from "@/lib/typing";
import { COLUMN_CLASSES, columns, features, NUMERIC_COLUMNS } from "./columns";
import { takeOpened } from "./last-opened";
import { keyOf } from "./refs";
import type { ShownRow } from "./use-rows";

export interface JobTableProps {
  readonly rows: readonly ShownRow[];
  readonly selection: RowSelectionState;
  readonly onSelect: (next: RowSelectionState) => void;
  /** `r` was pressed on a row while nothing is selected. */
  readonly onRequeue: (row: ShownRow) => void;
}

export function JobTable({ rows, selection, onSelect, onRequeue }: JobTableProps): ReactNode {
  const body = useRef<HTMLTableSectionElement>(null);
  const lastSelected = useRef<number | null>(null);
  const table = useTable({
    features,
    columns,
    data: rows,
    getRowId: ({ job }) => keyOf(job),
    state: { rowSelection: selection },
    onRowSelectionChange: (update) => onSelect(typeof update === "function" ? update(selection) : update),
  });

  const links = (): HTMLElement[] => [...(body.current?.querySelectorAll<HTMLElement>("[data-row-link]") ?? [])];
  const focused = (): number => links().findIndex((link) => link.closest("tr")?.contains(document.activeElement));
  const focusRow = (index: number): void => {
    const link = links().at(Math.max(0, Math.min(index, links().length - 1)));
    link?.focus();
    link?.closest("tr")?.scrollIntoView({ block: "nearest" });
  };
  const select = (index: number, range: boolean): void => {
    const from = range && lastSelected.current !== null ? lastSelected.current : index;
    const keys = rows.slice(Math.min(from, index), Math.max(from, index) + 1).map(({ job }) => keyOf(job));
    const on = range || !(keys[0] !== undefined && keys[0] in selection);
    const kept = Object.entries(selection).filter(([key]) => !keys.includes(key));
    onSelect(Object.fromEntries([...kept, ...(on ? keys.map((key) => [key, true] as const) : [])]));
    lastSelected.current = index;
  };

  const onKeyDown = useEffectEvent((event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const index = focused();
    const row = rows[index];
    if (event.key === "j") focusRow(index + 1);
    else if (event.key === "k") focusRow(index - 1);
    else if (event.key.toLowerCase() === "x" && row) select(index, event.shiftKey);
    else if (event.key === "r" && row && Object.keys(selection).length === 0) onRequeue(row);
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const key = takeOpened();
    body.current?.querySelector<HTMLElement>(`[data-row-link="${CSS.escape(key ?? "")}"]`)?.focus();
  }, []);
  useEffect(() => {
    // Capturing, so that the list's meaning of a key comes before the page's.
    const listener = (event: KeyboardEvent): void => onKeyDown(event);
    document.addEventListener("keydown", listener, { capture: true });
    return () => document.removeEventListener("keydown", listener, { capture: true });
  }, []);

  return (
    <table className="w-full border-collapse text-start">
      <caption className="sr-only">Jobs</caption>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => (
              <Th
                key={header.id}
                numeric={NUMERIC_COLUMNS.has(header.column.id)}
                className={COLUMN_CLASSES[header.column.id]}
              >
                <table.FlexRender header={header} />
              </Th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody ref={body}>
        {table.getRowModel().rows.map((row) => (
          <tr
            key={row.id}
            className={clsx(
              "border-line border-b last:border-b-0",
              row.getIsSelected() ? "bg-selected" : "hover:bg-hover",
              row.original.gone && "opacity-60",
            )}
          >
            {row.getAllCells().map((cell) => (
              <Td
                key={cell.id}
                numeric={NUMERIC_COLUMNS.has(cell.column.id)}
                className={clsx(COLUMN_CLASSES[cell.column.id], "max-md:py-1.5")}
              >
                <table.FlexRender cell={cell} />
              </Td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
