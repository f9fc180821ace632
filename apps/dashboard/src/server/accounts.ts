import "server-only";

/** The accounts of the configuration, ready to be checked: hashed, so that every check takes the same time. */

import { createHash } from "node:crypto";
import { hashPassword, isHash, verifyPassword } from "./passwords";
import type { Role } from "./permissions";
import type { Account } from "./settings";

export interface KnownAccount {
  readonly name: string;
  readonly role: Role;
  /** Changes with the password. */
  readonly stamp: string;
}

export interface Accounts {
  find(name: string): KnownAccount | null;
  /** `null` if name or password is wrong; it takes as long for the one as for the other. */
  check(name: string, password: string): Promise<KnownAccount | null>;
}

export async function openAccounts(configured: readonly Account[]): Promise<Accounts> {
  const known = new Map<string, KnownAccount & { readonly hash: string }>();
  for (const { name, role, secret } of configured) {
    // The salt stays the same, so that sessions outlive a restart: what tells of it is never stored as it is.
    const hash = isHash(secret) ? secret : await hashPassword(secret, Buffer.from(`jobyard account ${name}`));
    known.set(name, { name, role, hash, stamp: createHash("sha256").update(hash).digest("base64url") });
  }
  const nobody = await hashPassword("");
  return {
    find: (name) => known.get(name) ?? null,
    async check(name, password) {
      const account = known.get(name);
      const right = await verifyPassword(password, account?.hash ?? nobody);
      return account && right ? account : null;
    },
  };
}
