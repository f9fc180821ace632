/** The dashboard's procedures in this process: the real router with the real checks, without HTTP around it. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DASHBOARD } from "./dashboard-modules.ts";

export interface Procedures {
  /** What the procedure answers. @param path - as in `jobs.list` */
  call(path: string, input: object): Promise<unknown>;
  close(): Promise<void>;
}

export const BACKEND = "main";

/** Nothing is shared between two calls: each is read from the store. */
export async function openProcedures(storeUrl: string): Promise<Procedures> {
  const [{ appRouter }, { createCaller }, { openRuntime }, { permissionsOf }] = await Promise.all([
    serverModule<{ readonly appRouter: unknown }>("root"),
    serverModule<{ createCaller(router: unknown): (context: object) => Caller }>("trpc"),
    serverModule<{ openRuntime(settings: object): Promise<Runtime> }>("runtime"),
    serverModule<{ permissionsOf(role: "admin"): readonly string[] }>("permissions"),
  ]);
  const runtime = await openRuntime({
    backend: { name: BACKEND, url: storeUrl },
    access: { mode: "open" },
    origin: null,
    https: false,
    insecure: false,
    trustProxy: false,
  });
  const user = { name: "ada", role: "admin", permissions: permissionsOf("admin") };
  const caller = createCaller(appRouter)({
    runtime: { ...runtime, shared: <T>(_key: string, read: () => Promise<T>) => read() },
    whoIs: async () => user,
  });
  return {
    call: (path, input) => procedureOf(caller, path)({ backend: BACKEND, ...input }),
    close: () => runtime.backend.close(),
  };
}

interface Runtime {
  readonly backend: { close(): Promise<void> };
}

/** By its address: this package is compiled without the dashboard's own names for its folders. */
const serverModule = <T>(name: string): Promise<T> =>
  import(pathToFileURL(join(DASHBOARD, "src/server", `${name}.ts`)).href) as Promise<T>;

type Caller = Readonly<Record<string, Readonly<Record<string, Procedure>>>>;
type Procedure = (input: object) => Promise<unknown>;

function procedureOf(caller: Caller, path: string): Procedure {
  const [feature = "", name = ""] = path.split(".");
  const procedure = caller[feature]?.[name];
  if (procedure === undefined) throw new Error(`the dashboard has no procedure ${path}`);
  return procedure;
}
