"use client";

/**
 * The search: text in the query language, with suggestions for the term at the caret.
 *
 * The address holds what is searched for; what is being typed is only here, until Enter.
 */

import { isQueueError, parseQuery, printQuery } from "@jobyard/core";
import clsx from "clsx";
import { CircleAlert, Search, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { Kbd } from "@/components/kbd";
import { useNow } from "@/components/now";
import { useSuggestions } from "./use-suggestions";

export interface SearchBarProps {
  /** What is searched for now. */
  readonly q: string;
  /** Called with the text in its canonical form. */
  readonly onSearch: (q: string) => void;
  /** What the server found wrong with it. */
  readonly failure: string | null;
}

export function SearchBar({ q, onSearch, failure }: SearchBarProps): ReactNode {
  const id = useId();
  const now = useNow();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(q);
  const [searched, setSearched] = useState(q);
  const [fault, setFault] = useState<string | null>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const [active, setActive] = useState(-1);
  const caretToSet = useRef<number | null>(null);
  const completion = useSuggestions(text, caret);
  const suggestions = completion?.suggestions ?? [];
  const open = suggestions.length > 0;

  // The address changed: a tab, a link, the way back.
  if (q !== searched) {
    setSearched(q);
    setText(q);
    setFault(null);
  }

  // In the same step as the text, or what is typed at once would go elsewhere.
  useLayoutEffect(() => {
    const at = caretToSet.current;
    if (at !== null) field.current?.setSelectionRange(at, at);
    caretToSet.current = null;
  });

  const close = (): void => {
    setCaret(null);
    setActive(-1);
  };
  const search = (typed: string): void => {
    close();
    try {
      const canonical = printQuery(parseQuery(typed, now));
      setText(canonical);
      setFault(null);
      onSearch(canonical);
    } catch (error) {
      if (!isQueueError(error)) throw error;
      setFault(error.message);
    }
  };
  const accept = (index: number): void => {
    const picked = suggestions[index];
    if (!completion || !picked) return;
    const whole = !/[:.]$/.test(picked.text);
    const next = `${text.slice(0, completion.start)}${picked.text}${whole ? " " : ""}${text.slice(completion.end).trimStart()}`;
    const at = completion.start + picked.text.length + (whole ? 1 : 0);
    setText(next);
    setCaret(at);
    setActive(-1);
    caretToSet.current = at;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" && open) setActive((index) => (index + 1) % suggestions.length);
    else if (event.key === "ArrowUp" && open) setActive((index) => (index <= 0 ? suggestions.length : index) - 1);
    else if (event.key === "Tab" && open && active >= 0) accept(active);
    else if (event.key === "Enter" && open && active >= 0) accept(active);
    else if (event.key === "Enter") search(text);
    else if (event.key === "Escape" && open) close();
    else if (event.key === "Escape") field.current?.blur();
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    if (active >= 0) document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: "nearest" });
  }, [active, id]);

  const shown = fault ?? failure;
  return (
    <search className="relative">
      <div className="flex h-10 items-center gap-2 rounded-lg border border-control bg-raised px-3 shadow-raised focus-within:outline-2 focus-within:outline-focus focus-within:outline-offset-2">
        <Search aria-hidden className="size-4 shrink-0 text-ink-2" />
        <input
          ref={field}
          id="search"
          role="combobox"
          aria-label="Search jobs"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
          aria-invalid={shown !== null}
          aria-describedby={`${id}-fault`}
          value={text}
          placeholder="state:dead queue:mail error:timeout payload.orderId:4711"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          onChange={(event) => {
            setText(event.target.value);
            setCaret(event.target.selectionStart);
            setActive(-1);
            setFault(null);
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
          onBlur={close}
          onKeyDown={onKeyDown}
          className="h-full min-w-0 flex-1 bg-transparent font-mono text-base outline-none placeholder:text-ink-3"
        />
        {text === "" ? (
          <span className="max-sm:hidden">
            <Kbd>/</Kbd>
          </span>
        ) : (
          <button
            type="button"
            aria-label="Clear the search"
            onClick={() => {
              search("");
              field.current?.focus();
            }}
            className="inline-flex size-7 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover"
          >
            <X aria-hidden className="size-4" />
          </button>
        )}
      </div>
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label="Suggestions"
        className={clsx(
          "absolute inset-x-0 top-full z-30 mt-1 max-h-72 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-float sm:max-w-lg",
          !open && "hidden",
        )}
      >
        {suggestions.map((suggestion, index) => (
          <div
            key={suggestion.text}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            // Before the field loses the focus.
            onPointerDown={(event) => {
              event.preventDefault();
              accept(index);
            }}
            className={clsx(
              "flex min-h-8 cursor-pointer items-baseline gap-3 rounded-md px-2 py-1.5",
              index === active ? "bg-selected" : "hover:bg-hover",
            )}
          >
            <span className="font-mono">{suggestion.text}</span>
            <span className="min-w-0 truncate text-ink-2">{suggestion.about}</span>
          </div>
        ))}
      </div>
      <p
        id={`${id}-fault`}
        role="alert"
        className={clsx("mt-2 flex items-start gap-1.5 text-failed", shown === null && "hidden")}
      >
        <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
        {shown}
      </p>
    </search>
  );
}
