import { Command } from "commander";
import { afterEach, expect, test, vi } from "vitest";
import { addressed, urlOf } from "../src/cli/session.ts";
import { urlFlag } from "../src/url.ts";

afterEach(() => vi.unstubAllEnvs());

/** A command as it was called, with JOBYARD_URL as it was set. */
function called(environment: string, ...args: readonly string[]): Command {
  vi.stubEnv("JOBYARD_URL", environment);
  return new Command("jobyard").option("--url <url>").parse(args, { from: "user" });
}

test.each([
  ["the environment's", "sqlite:./a.db", [], ""],
  ["the default", "", [], ""],
  ["named, and the same", "sqlite:./a.db", ["--url", "sqlite:./a.db"], ""],
  ["named", "", ["--url", "sqlite:./a.db"], " --url sqlite:./a.db"],
  ["named in place of the environment's", "sqlite:./a.db", ["--url", "sqlite:./b.db"], " --url sqlite:./b.db"],
  [
    "with parameters, or with what a shell would obey",
    "",
    ["--url", "sqlite:./$(reboot).db?network=allow"],
    " --url 'sqlite:./$(reboot).db?network=allow'",
  ],
  ["without a secret", "", ["--url", "redis://localhost/1"], " --url redis://localhost/1"],
  ["with a password", "", ["--url", "postgres://ada:secret@localhost/jobs"], " --url '<the same URL>'"],
  ["with a password as a parameter", "", ["--url", "redis://localhost/?password=secret"], " --url '<the same URL>'"],
])("the store in a command that people paste: %s", (_, environment, args, flag) => {
  expect(urlFlag(urlOf(called(environment, ...args)))).toBe(flag);
});

test("what names its store already, and what is no command, stays as it is", () => {
  const command = called("", "--url", "sqlite:./a$&.db");
  expect(addressed("Run: jobyard migrate --url sqlite:./b.db", command)).toBe(
    "Run: jobyard migrate --url sqlite:./b.db",
  );
  expect(addressed("Upgrade jobyard.", command)).toBe("Upgrade jobyard.");
  expect(addressed("Resume: jobyard resume mail", command)).toBe("Resume: jobyard --url 'sqlite:./a$&.db' resume mail");
});
