/** `jobyard migrate`: the only thing that changes a schema. */

import type { Adapter, QueueError } from "@jobyard/core";
import type { SchemaStatus } from "@jobyard/core/adapter";
import type { Command } from "commander";
import { absenceOf, hasTables, openAdapter } from "../../backends.ts";
import { schemaProblem } from "../../schema.ts";
import { printableUrl } from "../../url.ts";
import type { Output } from "../output.ts";
import { examples, outputOf, urlOf } from "../session.ts";

export function registerMigrate(program: Command): void {
  program
    .command("migrate")
    .description("bring the tables up to date; make them if there are none")
    .option("--check", "change nothing; exit with 1 if a migration is needed")
    .addHelpText(
      "after",
      examples("migrate", "migrate --check", "migrate --url sqlite:./data/jobs.db", 'migrate --url "$DATABASE_URL"'),
    )
    .action((options: { readonly check?: boolean }, command: Command) =>
      options.check ? check(command) : migrate(command),
    );
}

async function migrate(command: Command): Promise<void> {
  const url = urlOf(command);
  const name = printableUrl(url);
  // A database that is made by opening it has its tables at once, and then there is nothing left to migrate.
  const isNew = (await absenceOf(url)) !== null;
  await withAdapter(command, { create: true }, async (adapter, out) => {
    const { from: found, to } = await adapter.schema.migrate();
    const from = isNew ? 0 : found;
    if (out.json) out.line(JSON.stringify({ from, to }));
    else if (!hasTables(url)) out.line(nothingToDo(url));
    else if (isNew) out.line(`${name} is made, with tables of version ${to}.`);
    else out.line(from === to ? upToDate(url, to) : `${name} migrated: ${from} → ${to}.`);
  });
}

async function check(command: Command): Promise<void> {
  const url = urlOf(command);
  const absence = await absenceOf(url);
  if (absence) return printCheck(url, absence.status, absence.problem, outputOf(command));
  await withAdapter(command, { create: false }, async (adapter, out) => {
    const status = await adapter.schema.status();
    printCheck(url, status, schemaProblem(status, url), out);
  });
}

function printCheck(url: string, status: SchemaStatus, problem: QueueError | null, out: Output): void {
  if (out.json) out.line(JSON.stringify(status));
  else if (!problem) out.line(hasTables(url) ? upToDate(url, status.current) : nothingToDo(url));
  if (problem) out.fail(problem);
}

const upToDate = (url: string, version: number): string => `${printableUrl(url)} is up to date (version ${version}).`;
const nothingToDo = (url: string): string =>
  `${printableUrl(url)} is ready: it has no tables, so nothing is to be done.`;

async function withAdapter(
  command: Command,
  options: { readonly create: boolean },
  work: (adapter: Adapter, out: Output) => Promise<void>,
): Promise<void> {
  const adapter = await openAdapter(urlOf(command), options);
  try {
    await work(adapter, outputOf(command));
  } finally {
    await adapter.close();
  }
}
