import "server-only";

/**
 * Who is logged in, kept in the backend's own records: works with any backend, survives a restart, can be revoked.
 *
 * The cookie holds 256 random bits; the store holds their hash, so that a copy of the database opens nothing.
 * A session ends after 30 minutes without a request and 12 hours after the login, whatever happens: the store
 * forgets it then.
 */

import { createHash, randomBytes } from "node:crypto";
import type { Records } from "@jobyard/core/adapter";

export const SESSION_KIND = "session";
export const IDLE_MS = 30 * 60_000;
export const LONGEST_MS = 12 * 60 * 60_000;
/** A visit is written down at most this often. */
const SEEN_EVERY_MS = 60_000;

export interface Session {
  readonly user: string;
  /** Changes with the account's password, so that a new password ends the old one's sessions. */
  readonly stamp: string;
  readonly startedAt: number;
  readonly seenAt: number;
}

export interface Sessions {
  /** The token for the cookie. `previous` is the token that the browser came with: it ends. */
  start(who: Pick<Session, "user" | "stamp">, previous: string | undefined): Promise<string>;
  /** `null` if there is no such session, or it is over. */
  read(token: string): Promise<Session | null>;
  end(token: string): Promise<void>;
}

export function createSessions(records: Records, now: () => number): Sessions {
  const end = async (token: string): Promise<void> => {
    await records.remove(SESSION_KIND, idOf(token));
  };
  const write = async (id: string, session: Session): Promise<void> => {
    const left = session.startedAt + LONGEST_MS - session.seenAt;
    await records.put(SESSION_KIND, id, JSON.stringify(session), { ttlMs: Math.min(IDLE_MS, left) });
  };
  return {
    end,
    async start(who, previous) {
      if (previous !== undefined) await end(previous);
      const token = randomBytes(32).toString("base64url");
      const at = now();
      await write(idOf(token), { ...who, startedAt: at, seenAt: at });
      return token;
    },
    async read(token) {
      const id = idOf(token);
      const found = await records.get(SESSION_KIND, id);
      if (found === null) return null;
      const session = JSON.parse(found.doc) as Session;
      const at = now();
      if (at - session.seenAt >= SEEN_EVERY_MS) await write(id, { ...session, seenAt: at });
      return session;
    },
  };
}

const idOf = (token: string): string => `s${createHash("sha256").update(token).digest("base64url")}`;
