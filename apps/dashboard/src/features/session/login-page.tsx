import type { Route } from "next";
import type { ReactNode } from "react";
import { Brand } from "@/features/shell/brand";
import { LoginForm } from "./login-form";

export interface LoginPageProps {
  readonly single: boolean;
  /** Open on its own machine, and this reader is elsewhere. */
  readonly open: boolean;
  readonly insecure: boolean;
  readonly next: Route;
}

export function LoginPage({ single, open, insecure, next }: LoginPageProps): ReactNode {
  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <div className="w-full max-w-sm rounded-xl border border-line bg-raised p-7 shadow-float">
        <Brand />
        <h1 className="mt-6 mb-5 font-semibold text-xl tracking-tight">Log in</h1>
        {insecure && (
          <p className="mb-4 rounded-md border border-failed/40 p-3 text-failed">
            This page travels over plain http: anyone on the network between can read your password.
          </p>
        )}
        {open ? (
          <p className="text-base text-ink-2">
            This dashboard is open on its own machine only. Use its address there: localhost or 127.0.0.1.
          </p>
        ) : (
          <LoginForm single={single} next={next} />
        )}
      </div>
    </main>
  );
}
