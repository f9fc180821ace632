/** `jobyard explain <id>` */

import { type Finding, QueueError } from "@jobyard/core";
import type { Command } from "commander";
import type { Output } from "../output.ts";
import { examples, withYard } from "../session.ts";
import { oneLine } from "../text.ts";

export function registerExplain(program: Command): void {
  program
    .command("explain")
    .argument("<id>", "queue/id, or an id that only one queue has")
    .description("why a job is where it is, until when, and what to do")
    .addHelpText("after", examples("explain mail/welcome-ada"))
    .action((id: string, _options: unknown, command: Command) =>
      withYard(command, async ({ board, out }) => {
        const ref = await board.locate(id);
        const findings = await board.explain(ref);
        if (findings.length === 0) throw new QueueError("JOB_NOT_FOUND", `${ref.queue}/${ref.id}`);
        if (out.json) for (const finding of findings) out.line(JSON.stringify(finding));
        else print(findings, out);
      }),
    );
}

/** The first is the headline, the others stand below it. */
function print(findings: readonly Finding[], out: Output): void {
  for (const [index, finding] of findings.entries()) {
    const text = oneLine(finding.text);
    out.line(index === 0 ? out.paint("bold", text) : `- ${text}`);
    if (finding.fix !== undefined) out.line(`  → ${oneLine(finding.fix)}`);
  }
}
