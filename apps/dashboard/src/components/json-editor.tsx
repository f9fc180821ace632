"use client";

/** A field for JSON that says where a fault is while one types. The text stays as it was typed. */

import { Braces, CircleAlert } from "lucide-react";
import { type ReactNode, useId, useMemo, useRef } from "react";
import { formatJson, parseJson } from "@/lib/json-nodes";
import { Button } from "./button";

export interface JsonEditorProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

export function JsonEditor({ label, value, onChange }: JsonEditorProps): ReactNode {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const parsed = useMemo(() => parseJson(value), [value]);
  const lines = useMemo(() => value.split("\n").map((_, index) => index + 1), [value]);
  const fault = parsed.ok ? null : parsed.fault;

  const goToFault = (): void => {
    if (fault === null) return;
    field.current?.focus();
    field.current?.setSelectionRange(fault.offset, fault.offset + 1);
  };

  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        <Button
          look="quiet"
          className="ms-auto"
          refused={parsed.ok ? null : "Correct the fault first."}
          onClick={() => parsed.ok && onChange(formatJson(parsed.node))}
        >
          <Braces aria-hidden className="size-3.5" /> Format
        </Button>
      </div>
      <div className="flex max-h-[45vh] min-h-48 rounded-md border border-control bg-page font-mono text-xs leading-5 focus-within:outline-2 focus-within:outline-focus focus-within:outline-offset-2">
        <div
          ref={gutter}
          aria-hidden
          className="select-none overflow-hidden border-line border-e px-2 py-2 text-end text-ink-3"
        >
          {lines.map((line) => (
            <div key={line} className={fault?.line === line ? "font-semibold text-failed" : undefined}>
              {line}
            </div>
          ))}
        </div>
        <textarea
          ref={field}
          id={id}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          onScroll={(event) => gutter.current?.scrollTo({ top: event.currentTarget.scrollTop })}
          rows={Math.min(Math.max(lines.length, 8), 22)}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          aria-invalid={fault !== null}
          aria-describedby={`${id}-fault`}
          className="min-w-0 flex-1 resize-none overflow-auto bg-transparent p-2 outline-none"
        />
      </div>
      <p id={`${id}-fault`} aria-live="polite" className="min-h-6 text-failed">
        {fault && (
          <button
            type="button"
            onClick={goToFault}
            className="inline-flex items-center gap-1.5 rounded text-start hover:underline"
          >
            <CircleAlert aria-hidden className="size-3.5 shrink-0" />
            Line {fault.line}, column {fault.column}: {fault.message}
          </button>
        )}
      </p>
    </div>
  );
}
