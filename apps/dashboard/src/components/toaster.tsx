"use client";

/** Short messages at the edge of the page: what was done, with a way back where there is one. */

import { CircleAlert, CircleCheck, X } from "lucide-react";
import { type ReactNode, useEffect, useSyncExternalStore } from "react";

export interface Toast {
  readonly text: string;
  readonly bad?: boolean;
  readonly action?: { readonly label: string; readonly run: () => void };
}
type Shown = Toast & { readonly id: number };

const LASTS_MS = 8_000;
const NONE: readonly Shown[] = [];
let toasts: readonly Shown[] = NONE;
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Shown[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export function toast(message: Toast): void {
  lastId += 1;
  change([...toasts, { ...message, id: lastId }].slice(-3));
}

const dismiss = (id: number): void => change(toasts.filter((shown) => shown.id !== id));

export function Toaster(): ReactNode {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
    () => NONE,
  );
  return (
    <section
      aria-label="Messages"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-3 bottom-20 z-50 flex flex-col items-center gap-2 sm:inset-x-auto sm:end-5 sm:bottom-5 sm:items-end"
    >
      {shown.map((message) => (
        <ToastCard key={message.id} message={message} />
      ))}
    </section>
  );
}

function ToastCard({ message }: { readonly message: Shown }): ReactNode {
  const { id, text, bad = false, action } = message;
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), LASTS_MS);
    return () => clearTimeout(timer);
  }, [id]);
  const Icon = bad ? CircleAlert : CircleCheck;
  return (
    <div className="pointer-events-auto flex w-full max-w-md items-center gap-2.5 rounded-lg border border-line bg-raised py-2 ps-3 pe-2 shadow-float motion-safe:animate-rise sm:w-auto sm:min-w-72">
      <Icon aria-hidden className={bad ? "size-4 shrink-0 text-failed" : "size-4 shrink-0 text-completed"} />
      <p className="min-w-0 flex-1 break-words">{text}</p>
      {action && (
        <button
          type="button"
          onClick={() => {
            dismiss(id);
            action.run();
          }}
          className="h-7 rounded-md px-2 font-semibold text-focus hover:bg-hover"
        >
          {action.label}
        </button>
      )}
      <button
        type="button"
        aria-label="Dismiss"
        onClick={() => dismiss(id)}
        className="inline-flex size-7 items-center justify-center rounded-md text-ink-3 hover:bg-hover"
      >
        <X aria-hidden className="size-3.5" />
      </button>
    </div>
  );
}
