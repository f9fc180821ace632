"use client";

/** What could be typed next: words of the language, and values that really occur. */

import { type Completion, completeQuery } from "@jobyard/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useBackend } from "@/features/session/session";
import { useTRPC } from "@/trpc/client";

/** Fields whose values the store can list. */
const LISTED = ["queue", "name", "tag", "worker"] as const;
const MOST = 40;

/** @param caret - where in the text; `null` while the field is not in use */
export function useSuggestions(text: string, caret: number | null): Completion | null {
  const trpc = useTRPC();
  const backend = useBackend();
  const completion = useMemo(() => (caret === null ? null : completeQuery(text, caret)), [text, caret]);
  const field = LISTED.find((name) => name === completion?.field) ?? "queue";
  const values = useQuery(
    trpc.search.values.queryOptions({ backend, field }, { enabled: completion?.field === field, staleTime: 300_000 }),
  );
  return useMemo(() => {
    if (completion === null) return null;
    const typed = completion.typed.toLowerCase();
    const own = completion.suggestions.filter((suggestion) => suggestion.text !== completion.typed);
    if (completion.field !== field) return { ...completion, suggestions: own.slice(0, MOST) };
    const found = (values.data ?? []).filter(
      (value) => value.toLowerCase().includes(typed) && value !== completion.typed,
    );
    const listed = found.map((value) => ({ text: plainOrQuoted(value), about: field }));
    return { ...completion, suggestions: [...listed, ...own].slice(0, MOST) };
  }, [completion, field, values.data]);
}

const plainOrQuoted = (value: string): string => (/^[^\s"()*<>=]+$/.test(value) ? value : JSON.stringify(value));
