import "server-only";

/** Who comes in. The same answer, after the same time, for a wrong name and a wrong password. */

import { QueueError } from "@jobyard/core";
import * as z from "zod";
import { noSessionCookie, readSessionCookie, sessionCookie } from "./cookies";
import type { Failure } from "./failure";
import { peerOf } from "./peer";
import type { Runtime } from "./runtime";

const Credentials = z.strictObject({ name: z.string().min(1).max(64), password: z.string().min(1).max(1_024) });

/** What the login and logout routes answer. */
export type LoginAnswer = { readonly ok: true } | { readonly ok: false; readonly failure: Failure };

/**
 * The cookie of a new session.
 *
 * @throws QueueError `LOGIN_FAILED`; `RATE_LIMITED` from the tenth wrong try of a name and address on
 */
export async function login(request: Request, runtime: Runtime): Promise<string> {
  const { settings, accounts, sessions, limits } = runtime;
  const credentials = Credentials.safeParse(await readJson(request));
  if (!credentials.success) throw new QueueError("LOGIN_FAILED", "");
  const { name, password } = credentials.data;

  const address = peerOf(request.headers, settings.trustProxy);
  const key = `${address} ${name}`;
  // Before the password is looked at: a hundred tries at once are a hundred tries.
  refuseIf(limits.account.take(key));
  refuseIf(limits.address.take(address));
  const account = await accounts.check(name, password);
  if (account === null) {
    refuseIf(Math.max(limits.account.waitMs(key), limits.address.waitMs(address)));
    throw new QueueError("LOGIN_FAILED", "");
  }
  limits.account.clear(key);
  limits.address.giveBack(address);
  const token = await sessions.start(
    { user: account.name, stamp: account.stamp },
    readSessionCookie(request.headers, settings),
  );
  return sessionCookie(token, settings);
}

/** Ends the session and takes the cookie back. */
export async function logout(request: Request, { settings, sessions }: Runtime): Promise<string> {
  const token = readSessionCookie(request.headers, settings);
  if (token !== undefined) await sessions.end(token);
  return noSessionCookie(settings);
}

function refuseIf(waitMs: number): void {
  if (waitMs > 0)
    throw new QueueError("RATE_LIMITED", `Try again in ${Math.ceil(waitMs / 60_000)} minutes`, {
      retryAfterMs: waitMs,
    });
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return null;
  }
}
