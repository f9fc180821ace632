"use client";

import { CircleAlert } from "lucide-react";
import type { Route } from "next";
import { useRouter } from "next/navigation";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { Button } from "@/components/button";
import type { LoginAnswer } from "@/server/login";

export interface LoginFormProps {
  /** One account only: no name is asked for. */
  readonly single: boolean;
  readonly next: Route;
}

const FIELD = "h-10 w-full rounded-md border border-control bg-page px-3 text-base";

export function LoginForm({ single, next }: LoginFormProps): ReactNode {
  const router = useRouter();
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    const refusal = await logIn(new FormData(event.currentTarget));
    if (refusal === null) {
      router.replace(next);
      router.refresh();
      return;
    }
    setFault(refusal);
    setBusy(false);
    password.current?.select();
  };

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {single ? (
        <input type="hidden" name="name" value="admin" autoComplete="username" />
      ) : (
        <label className="flex flex-col gap-1.5 font-medium">
          Name
          <input
            name="name"
            required
            autoComplete="username"
            autoCapitalize="off"
            spellCheck={false}
            className={FIELD}
          />
        </label>
      )}
      <label className="flex flex-col gap-1.5 font-medium">
        Password
        <input
          ref={password}
          name="password"
          type="password"
          required
          autoComplete="current-password"
          aria-invalid={fault !== null}
          aria-describedby="login-fault"
          className={FIELD}
        />
      </label>
      <p id="login-fault" role="alert" className="flex min-h-5 items-start gap-1.5 text-failed empty:hidden">
        {fault && (
          <>
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
            {fault}
          </>
        )}
      </p>
      <Button type="submit" look="primary" className="h-10 text-base" disabled={busy}>
        {busy ? "Logging in…" : "Log in"}
      </Button>
    </form>
  );
}

/** Why it was refused; `null` if it was not. */
async function logIn(form: FormData): Promise<string | null> {
  try {
    const response = await fetch("/api/auth/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: form.get("name"), password: form.get("password") }),
    });
    const answer = (await response.json()) as LoginAnswer;
    return answer.ok ? null : answer.failure.message;
  } catch {
    return "The dashboard's server cannot be reached. Check that it runs, then try again.";
  }
}
