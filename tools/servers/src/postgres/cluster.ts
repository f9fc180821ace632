/** A new data folder: made by initdb once for each version, and copied from then on. */

import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Account } from "../process/account.ts";
import { copyInto, ownFolder, temporaryFolder, within } from "../process/folder.ts";
import { supervise } from "../process/supervised.ts";
import { tail } from "../process/tail.ts";
import type { AvailablePostgres } from "./available.ts";

export const SUPERUSER = "postgres";
export const PASSWORD = "jobyard";

/** What a cluster asks of who connects. */
export type Auth = "trust" | "scram-sha-256";

/** Binaries that the account can run, and a folder with the files of a new server. */
export interface Template {
  readonly binFolder: string;
  readonly folder: string;
}

/** The binaries and the fresh data folder of this version, prepared once in this process. */
export function templateOf(postgres: AvailablePostgres, account: Account | null): Promise<Template> {
  let template = templates.get(postgres.binFolder);
  if (template === undefined) {
    template = prepare(postgres, account);
    templates.set(postgres.binFolder, template);
  }
  return template;
}

/** Puts the files of a new server into the folder, unless those of a server are there. */
export function fillFolder(folder: string, template: Template, account: Account | null, auth: Auth): void {
  ownFolder(folder, account);
  if (!existsSync(join(folder, "PG_VERSION"))) copyInto(folder, template.folder, account);
  writeFileSync(
    join(folder, "pg_hba.conf"),
    `host all all 127.0.0.1/32 ${auth}\nhost replication all 127.0.0.1/32 ${auth}\n`,
  );
}

const templates = new Map<string, Promise<Template>>();

async function prepare({ binFolder, version }: AvailablePostgres, account: Account | null): Promise<Template> {
  const reachable = join(await within(account, dirname(binFolder)), "bin");
  const home = await temporaryFolder(`postgres-${version}-new`, account);
  const folder = join(home, "data");
  const passwordFile = join(home, "password");
  writeFileSync(passwordFile, PASSWORD);
  const logFile = join(home, "initdb.log");
  const initdb = await supervise({
    file: join(reachable, "initdb"),
    args: [
      ...["--pgdata", folder, "--username", SUPERUSER, "--pwfile", passwordFile, "--auth", "scram-sha-256"],
      ...["--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"],
    ],
    folder: home,
    env: serverEnvironment(home),
    account,
    logFile,
    farewell: "SIGTERM",
  });
  const { code } = await initdb.finish();
  if (code !== 0) throw new Error(`initdb of PostgreSQL ${version} failed:\n${tail(logFile)}`);
  return { binFolder: reachable, folder };
}

/** What PostgreSQL's programs get to know of this process's environment: nothing of the user's settings. */
export function serverEnvironment(home: string): Readonly<Record<string, string>> {
  return { HOME: home, LC_ALL: "C", PATH: process.env["PATH"] ?? "" };
}
