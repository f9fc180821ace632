/**
 * Writes docs/lifecycle.md from the two tables of core: `node scripts/lifecycle-doc.mjs`.
 *
 * With --check nothing is written, and the exit code is 1 if the page is not what the tables say.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CANCEL_REASONS, FINAL_STATES, MOVES, STATES } from "../packages/core/src/nouns/lifecycle.ts";

const file = join(import.meta.dirname, "../docs/lifecycle.md");
const page = lifecycleDoc();

if (!process.argv.includes("--check")) writeFileSync(file, page);
else if (readOrEmpty(file) !== page) {
  console.error("error: docs/lifecycle.md is not what the tables say. Run: node scripts/lifecycle-doc.mjs");
  process.exitCode = 1;
}

function lifecycleDoc() {
  return `# The life of a job

<!-- Made by scripts/lifecycle-doc.mjs from packages/core/src/nouns/lifecycle.ts. Change the tables there, not this page. -->

## States

| state | meaning |
|---|---|
${STATES.map((state) => `| ${state}${FINAL_STATES.includes(state) ? " (final)" : ""} | ${meaningOf(state)} |`).join("\n")}

\`paused\` is a flag of a queue, never a state of a job. \`failed\` is the outcome of an attempt, never a state of a job.

## Moves

\`\`\`mermaid
stateDiagram-v2
${diagram()}
\`\`\`

Not drawn: \`remove\` and \`restore\`, which lead out of the diagram and back.

"By" is who asks; *store* means that the move is a consequence of another, in the same step.
A state on both sides of a move stays as it is: an active job that is cancelled runs on until its worker heeds the request.
A *fenced* move must show the token of a lease that is still the job's, or it changes nothing.

| move | from | to | by | fenced |
|---|---|---|---|---|
${Object.entries(MOVES).map(tableRow).join("\n")}

What each move does to the job stands in [writing an adapter](writing-an-adapter.md).
`;
}

function meaningOf(state) {
  const meanings = {
    waiting:
      "may run once its time has come. Shown as *scheduled* while its time is ahead and it was never tried, as *retrying* while its time is ahead and it was",
    blocked: "waits for other jobs",
    active: "leased by a worker until the deadline of that worker's session",
    stale: "held for a person: its worker vanished, or a restart found it waiting, and the policy says to hold it",
    completed: "done; its result is kept",
    dead: "the dead letter: out of attempts, or not worth another. Payload, errors and history are kept",
    cancelled: `will not run; the reason is one of ${CANCEL_REASONS.map((reason) => `\`${reason}\``).join(", ")}`,
  };
  if (meanings[state]) return meanings[state];
  throw new Error(`scripts/lifecycle-doc.mjs has no words for the state ${state}`);
}

/** One arrow for each pair of states, with all moves that go that way. */
function diagram() {
  const arrows = new Map();
  for (const [move, { from, to }] of Object.entries(MOVES)) {
    if (move === "remove" || move === "restore") continue;
    for (const source of from.length > 0 ? from : ["[*]"])
      for (const target of to) {
        if (!leads(source, target, from, to)) continue;
        const arrow = `${source} --> ${target}`;
        arrows.set(arrow, [...(arrows.get(arrow) ?? []), move]);
      }
  }
  const ends = FINAL_STATES.map((state) => `  ${state} --> [*]`);
  return [...[...arrows].map(([arrow, moves]) => `  ${arrow} : ${moves.join(", ")}`), ...ends].join("\n");
}

/** A state on both sides is one that the move leaves as it is: of an active job a cancel is only requested. */
function leads(source, target, from, to) {
  return source === target || !(from.includes(target) || to.includes(source));
}

function tableRow([move, { from, to, by, fenced }]) {
  const states = (list) => (list.length > 0 ? list.join(", ") : "–");
  return `| ${move} | ${states(from)} | ${states(to)} | ${by} | ${fenced ? "yes" : ""} |`;
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
}
