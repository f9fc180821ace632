import { isQueueError, type QueueError } from "@jobyard/core";
import { TRPCError } from "@trpc/server";
import { describe, expect, test } from "vitest";
import type { Context } from "./context";
import { type Permission, permissionsOf, ROLES, type Role } from "./permissions";
import { appRouter } from "./root";
import type { Runtime } from "./runtime";
import { createCaller } from "./trpc";

/** A procedure that gets as far as this was let in. */
const LET_IN = new Error("let in");
const runtime = new Proxy({} as Runtime, {
  get() {
    throw LET_IN;
  },
});

const procedures = Object.entries(appRouter._def.procedures) as unknown as [
  string,
  { readonly _def: { readonly type: string; readonly meta?: { readonly permission?: Permission } } },
][];

/** `null` if it was let in, whatever became of it then. */
async function refusalOf(path: string, role: Role | null): Promise<string | null> {
  const context: Context = {
    runtime,
    whoIs: async () => (role === null ? null : { name: "ana", role, permissions: permissionsOf(role) }),
  };
  const caller = createCaller(appRouter)(context) as unknown as Record<
    string,
    Record<string, (input?: unknown) => Promise<unknown>>
  >;
  const [feature = "", name = ""] = path.split(".");
  try {
    await caller[feature]?.[name]?.({});
    return null;
  } catch (error) {
    const cause: unknown = error instanceof TRPCError ? error.cause : error;
    const ours = isQueueError(cause) ? (cause as QueueError).code : null;
    return ours === "FORBIDDEN" || ours === "LOGIN_REQUIRED" ? ours : null;
  }
}

test("there are procedures, and each names its permission", () => {
  expect(procedures.length).toBeGreaterThan(15);
  expect(procedures.filter(([, { _def }]) => _def.meta?.permission === undefined).map(([path]) => path)).toEqual([]);
});

describe.each(procedures)("%s", (path, { _def }) => {
  test("is refused without a login", async () => {
    expect(await refusalOf(path, null)).toBe("LOGIN_REQUIRED");
  });
  test.each(Object.keys(ROLES) as Role[])("lets %s in exactly if the role has the permission", async (role) => {
    const allowed = permissionsOf(role).includes(_def.meta?.permission as Permission);
    expect(await refusalOf(path, role)).toBe(allowed ? null : "FORBIDDEN");
  });
});

test("whatever changes something is closed to a viewer, and a deletion to all but an admin", async () => {
  const changes = procedures.filter(([, { _def }]) => _def.type === "mutation").map(([path]) => path);
  expect(changes.length).toBeGreaterThan(8);
  for (const path of changes) expect([path, await refusalOf(path, "viewer")]).toEqual([path, "FORBIDDEN"]);
  for (const path of ["jobs.remove", "jobs.restore"]) expect(await refusalOf(path, "operator")).toBe("FORBIDDEN");
});

test("a viewer may only read, and only an admin may delete", () => {
  expect(ROLES.viewer).toEqual(["job.read"]);
  expect(ROLES.operator).not.toContain("job.delete");
  expect(ROLES.admin).toContain("job.delete");
  for (const permission of ROLES.operator) expect(ROLES.admin).toContain(permission);
});
