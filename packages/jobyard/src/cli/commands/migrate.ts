/** `jobyard migrate`: the only thing that changes a schema. */

import type { Command } from "commander";
import { openAdapter } from "../../backends.ts";
import { schemaProblem } from "../../schema.ts";
import { printableUrl } from "../../url.ts";
import { examples, outputOf, urlOf } from "../session.ts";

export function registerMigrate(program: Command): void {
  program
    .command("migrate")
    .description("bring the tables up to date; make them if there are none")
    .option("--check", "change nothing; exit with 1 if a migration is needed")
    .addHelpText("after", examples("migrate", "migrate --check", "migrate --url sqlite:./data/jobs.db"))
    .action((options: { readonly check?: boolean }, command: Command) =>
      options.check ? check(command) : migrate(command),
    );
}

async function migrate(command: Command): Promise<void> {
  const out = outputOf(command);
  const url = urlOf(command);
  const adapter = await openAdapter(url, { create: true });
  try {
    const { from, to } = await adapter.schema.migrate();
    if (out.json) out.line(JSON.stringify({ from, to }));
    else
      out.line(
        from === to
          ? `${printableUrl(url)} is up to date (version ${to}).`
          : `${printableUrl(url)} migrated: ${from} → ${to}.`,
      );
  } finally {
    await adapter.close();
  }
}

async function check(command: Command): Promise<void> {
  const out = outputOf(command);
  const url = urlOf(command);
  const adapter = await openAdapter(url, { create: false });
  try {
    const status = await adapter.schema.status();
    const problem = schemaProblem(status, url);
    if (out.json) out.line(JSON.stringify(status));
    else if (!problem) out.line(`${printableUrl(url)} is up to date (version ${status.current}).`);
    if (problem) out.fail(problem);
  } finally {
    await adapter.close();
  }
}
