"use client";

/** Who is logged in, for every part of the page. It came with the page and does not change while it is open. */

import { createContext, type ReactNode, useContext } from "react";
import type { Permission, Role } from "@/server/permissions";

export interface Me {
  readonly name: string;
  readonly role: Role;
  readonly permissions: readonly Permission[];
  /** No login on this machine. */
  readonly open: boolean;
  /** Plain http beyond this machine. */
  readonly insecure: boolean;
  readonly backend: { readonly name: string; readonly kind: string };
}

const SessionContext = createContext<Me | null>(null);

export function SessionProvider({ me, children }: { readonly me: Me; readonly children: ReactNode }): ReactNode {
  return <SessionContext value={me}>{children}</SessionContext>;
}

export function useSession(): Me {
  const me = useContext(SessionContext);
  if (me === null) throw new Error("useSession belongs inside SessionProvider, which the (app) layout holds.");
  return me;
}

export const useBackend = (): string => useSession().backend.name;

/** Why the role may not; `null` if it may. The server checks again. */
export function useRefusal(): (permission: Permission) => string | null {
  const { role, permissions } = useSession();
  return (permission) =>
    permissions.includes(permission) ? null : `Your role (${role}) does not allow this: it needs ${permission}.`;
}
