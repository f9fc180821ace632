/** The completion scripts, in the shells that are here: what they offer at the end of a line. */

import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createProgram } from "../src/cli/program.ts";
import { expectError, MAIN, type Place, place } from "./jobyard.ts";

const here: Place = await place();
const COMMANDS = createProgram()
  .commands.map((command) => command.name())
  .filter((name) => !name.startsWith("_"));

const isHere = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

/** Bash as a terminal would ask it: the line, and its words as bash itself cuts them. */
const ASK_BASH = `
source ./jobyard.bash
ask() {
  COMP_LINE="$1"; COMP_POINT=\${#1}
  read -ra COMP_WORDS <<< "\${1//:/ : }"
  [[ "$1" == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
  _jobyard
  printf '%s\\n' "\${COMPREPLY[@]}"
}
ask "$1"`;
const ASK_FISH = "source ./jobyard.fish; complete -C $argv[1] | string replace -r '\\t.*' ''";

const SHELLS: readonly (readonly [shell: string, script: string])[] = [
  ["bash", ASK_BASH],
  ["fish", ASK_FISH],
];

beforeAll(async () => {
  const jobyard = join(here.folder, "jobyard");
  writeFileSync(jobyard, `#!/bin/sh\nexec '${process.execPath}' -C @jobyard/source '${MAIN}' "$@"\n`);
  chmodSync(jobyard, 0o755);
  await Promise.all([
    here.ok("enqueue", "add", "1", "--queue", "mail"),
    here.ok("enqueue", "add", "1", "--queue", "media"),
  ]);
  for (const shell of ["bash", "zsh", "fish"]) here.file(`jobyard.${shell}`, await here.ok("completion", shell));
});

describe.each(SHELLS.filter(([shell]) => isHere(shell)))("%s", (shell, script) => {
  const offered = (line: string): readonly string[] => {
    const args = shell === "bash" ? ["-c", script, "bash", line] : ["--no-config", "-c", script, line];
    const { stdout, stderr } = spawnSync(shell, args, {
      cwd: here.folder,
      encoding: "utf8",
      env: { ...process.env, JOBYARD_URL: "", PATH: `${here.folder}:${process.env["PATH"]}` },
    });
    expect(stderr).toBe("");
    return stdout.split("\n").filter(Boolean).sort();
  };

  test("commands", () => {
    expect(offered("jobyard e")).toEqual(["enqueue", "events", "explain"]);
    expect(offered("jobyard ").filter((word) => !word.startsWith("-"))).toEqual(COMMANDS.toSorted());
    expect(offered("jobyard help re")).toEqual(["remove", "requeue", "resume"]);
  });

  test("options of the command, and those that may stand anywhere", () => {
    expect(offered("jobyard jobs --")).toEqual(expect.arrayContaining(["--cursor", "--json", "--limit", "--url"]));
    expect(offered("jobyard jobs --")).not.toContain("--module");
    expect(offered("jobyard --url sqlite:./jobs.db jobs --l")).toEqual(["--limit"]);
  });

  test("fixed words", () => {
    expect(offered("jobyard completion ")).toEqual(["bash", "fish", "zsh"]);
  });

  test("queues of the store that the line names", () => {
    expect(offered("jobyard --url sqlite:./jobs.db pause m")).toEqual(["mail", "media"]);
    expect(offered("jobyard --url sqlite:./jobs.db enqueue add --queue me")).toEqual(["media"]);
    expect(offered("jobyard --url sqlite:./nowhere.db pause m")).toEqual([]);
    expect(offered("jobyard --url mysql:nowhere pause m")).toEqual([]);
  });

  test("files", () => {
    expect(offered("jobyard enqueue add --file jobyard.z")).toEqual(["jobyard.zsh"]);
    expect(offered("jobyard work jobyard.z")).toEqual(["jobyard.zsh"]);
    here.file("two words.ndjson", "");
    expect(offered("jobyard enqueue add --file two")).toHaveLength(1);
  });
});

test.each(["bash", "zsh", "fish"].filter(isHere))("%s reads its script", (shell) => {
  expect(spawnSync(shell, ["-n", `jobyard.${shell}`], { cwd: here.folder, encoding: "utf8" })).toMatchObject({
    status: 0,
    stderr: "",
  });
});

test("every command and every option stands in every script", async () => {
  const scripts = await Promise.all(["bash", "zsh", "fish"].map((shell) => here.ok("completion", shell)));
  const program = createProgram();
  const options = program.commands.flatMap((command) => command.options.map(({ long }) => long?.slice(2) ?? ""));
  for (const script of scripts)
    for (const word of [...COMMANDS, ...options]) expect(script).toMatch(new RegExp(`\\b${word}\\b`));
});

test("as JSON it is one document; an unknown shell is wrong use", async () => {
  expect(await here.json("completion", "bash")).toMatchObject([{ shell: "bash" }]);
  expectError(await here.run("completion", "powershell"), "USAGE", 2, "bash, zsh, fish");
});

test("the names that the scripts ask for are silent on failure, and no command that people see", async () => {
  expect(await here.ok("__complete", "queues")).toBe("mail\nmedia\n");
  const failed = await here.run("__complete", "queues", "--url", "sqlite:./nowhere.db");
  expect(failed).toMatchObject({ code: 1, out: "", err: "" });
  expect(await here.ok("--help")).not.toContain("__complete");
});
