"use client";

/** JSON as a tree that can be folded. Shows what was written: large numbers, key order, and only ever text. */

import { type ReactNode, useMemo, useState } from "react";
import { printBytes } from "@/lib/format";
import { formatJson, type JsonNode, parseJson } from "@/lib/json-nodes";
import { Button } from "./button";
import { CopyButton } from "./copy-button";
import { ScrollArea } from "./scroll-area";

/** Longer texts are shown in part until they are asked for. */
const LONG_TEXT = 100_000;
/** Longer lists and values are folded at first. */
const OPEN_ITEMS = 50;
const LONG_STRING = 2_000;

export function JsonTree({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const [whole, setWhole] = useState(false);
  const parsed = useMemo(() => (text.length <= LONG_TEXT || whole ? parseJson(text) : null), [text, whole]);
  return (
    <div className="relative">
      <div className="absolute end-2 top-2 flex items-center gap-1 text-ink-3 text-xs">
        {printBytes(text)}
        <CopyButton text={parsed?.ok ? formatJson(parsed.node) : text} label={`Copy ${label}`} />
      </div>
      <ScrollArea label={label} className="max-h-[60vh] overflow-auto p-3 pe-24 font-mono text-xs leading-6">
        {parsed?.ok ? (
          <Node node={parsed.node} depth={0} />
        ) : (
          <pre className="whitespace-pre-wrap break-all">{parsed === null ? text.slice(0, LONG_TEXT) : text}</pre>
        )}
      </ScrollArea>
      {parsed === null && (
        <div className="border-line border-t p-2">
          <Button look="quiet" onClick={() => setWhole(true)}>
            Show all {printBytes(text)}
          </Button>
        </div>
      )}
    </div>
  );
}

interface NodeProps {
  readonly node: JsonNode;
  readonly depth: number;
  readonly name?: string;
}

function Node({ node, depth, name }: NodeProps): ReactNode {
  if (node.kind === "array" || node.kind === "object")
    return <Branch node={node} depth={depth} {...(name !== undefined && { name })} />;
  return (
    <div className="break-all">
      <Name name={name} />
      <Leaf node={node} />
    </div>
  );
}

const LEAF_COLORS = {
  number: "text-active",
  boolean: "text-scheduled",
  null: "text-ink-3",
  string: "text-completed",
} as const;

function Leaf({ node }: { readonly node: Extract<JsonNode, { raw: string }> }): ReactNode {
  const [whole, setWhole] = useState(false);
  const cut = node.raw.length > LONG_STRING && !whole;
  return (
    <span className={LEAF_COLORS[node.kind]}>
      {cut ? node.raw.slice(0, LONG_STRING) : node.raw}
      {cut && (
        <button type="button" onClick={() => setWhole(true)} className="ms-1 rounded bg-hover px-1 text-ink-2">
          … {node.raw.length - LONG_STRING} more
        </button>
      )}
    </span>
  );
}

interface BranchProps {
  readonly node: Extract<JsonNode, { kind: "array" | "object" }>;
  readonly depth: number;
  readonly name?: string;
}

function Branch({ node, depth, name }: BranchProps): ReactNode {
  const list = node.kind === "array";
  // A document does not reorder, and its keys may repeat: the place is what tells children apart.
  const children = list
    ? node.items.map((item, place) => ({ place, key: undefined, node: item }))
    : node.entries.map((entry, place) => ({ place, ...entry }));
  const [open, setOpen] = useState(depth < 3 && children.length <= OPEN_ITEMS);
  const [before, after] = list ? ["[", "]"] : ["{", "}"];
  if (children.length === 0)
    return (
      <div>
        <Name name={name} />
        {before}
        {after}
      </div>
    );
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="min-h-6 w-fit min-w-6 list-none rounded hover:bg-hover">
        <Name name={name} />
        {before}
        {!open && (
          <span className="text-ink-3">
            {" "}
            {children.length} {list ? "items" : "keys"} {after}
          </span>
        )}
      </summary>
      {open && (
        <>
          <div className="border-line border-s ps-4">
            {children.map(({ place, key, node: child }) => (
              <Node key={place} node={child} depth={depth + 1} {...(key !== undefined && { name: key })} />
            ))}
          </div>
          {after}
        </>
      )}
    </details>
  );
}

function Name({ name }: { readonly name: string | undefined }): ReactNode {
  return name === undefined ? null : <span className="text-ink-2">{JSON.stringify(name)}: </span>;
}
