/** Errors in the words of the server, the driver and Node, and what becomes of them. */

import { inspect } from "node:util";
import { QueueError } from "@jobyard/core/adapter";
import { expect, test } from "vitest";
import { ConnectionLost, faultOf, isUndone, refusalOf, remedyFor, ServerLoading } from "../src/faults.ts";

const PLACE = "db.example:6379/0";

class ReplyError extends Error {
  override readonly name: string = "ReplyError";
}

const reply = (message: string): Error => new ReplyError(message);
const network = (code: string): Error => Object.assign(new Error(`connect ${code} 127.0.0.1:6379`), { code });

test.each([
  [reply("WRONGPASS invalid username-password pair or user is disabled."), "STORE_UNAVAILABLE", "none"],
  [reply("NOAUTH Authentication required."), "STORE_UNAVAILABLE", "none"],
  [reply("NOPERM this user has no permissions to run the 'set' command"), "STORE_UNAVAILABLE", "none"],
  [reply("ERR The user executing the script can't run this command or subcommand"), "STORE_UNAVAILABLE", "none"],
  [reply("ERR invalid password"), "STORE_UNAVAILABLE", "none"],
  [reply("ERR DB index is out of range"), "STORE_UNAVAILABLE", "none"],
  [reply("ERR max number of clients reached"), "STORE_UNAVAILABLE", "passing"],
  [reply("OOM command not allowed when used memory > 'maxmemory'."), "STORE_FULL", "none"],
  [
    reply("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to"),
    "STORE_UNAVAILABLE",
    "none",
  ],
  [reply("READONLY You can't write against a read only replica."), "STORE_UNAVAILABLE", "reconnect"],
  [reply("MASTERDOWN Link with MASTER is down"), "STORE_UNAVAILABLE", "reconnect"],
  [reply("NOREPLICAS Not enough good replicas to write."), "STORE_UNAVAILABLE", "none"],
  [reply("LOADING Redis is loading the dataset in memory"), "STORE_UNAVAILABLE", "passing"],
  [new ServerLoading(), "STORE_UNAVAILABLE", "passing"],
  [reply("CLUSTERDOWN Hash slot not served"), "STORE_UNAVAILABLE", "passing"],
  [reply("MOVED 3999 127.0.0.1:6381"), "STORE_UNAVAILABLE", "none"],
  [reply("TRYAGAIN Multiple keys request during rehashing of slot"), "STORE_BUSY", "passing"],
  [reply("BUSY Redis is busy running a script."), "STORE_BUSY", "passing"],
  [reply("WRONGTYPE Operation against a key holding the wrong kind of value"), "STORE_CORRUPT", "none"],
  [new Error("Connection is closed."), "STORE_UNAVAILABLE", "reconnect"],
  [new Error("Stream isn't writeable and enableOfflineQueue options is false"), "STORE_UNAVAILABLE", "reconnect"],
  [new Error("Reached the max retries per request limit (which is 0). Refer"), "STORE_UNAVAILABLE", "reconnect"],
  [new Error("Command aborted due to connection close"), "STORE_UNAVAILABLE", "reconnect"],
  [new ConnectionLost("no answer within 700 ms"), "STORE_UNAVAILABLE", "reconnect"],
  [new Error("All sentinels are unreachable. Retrying"), "STORE_UNAVAILABLE", "none"],
  [new Error("None of startup nodes is available"), "STORE_UNAVAILABLE", "none"],
  [network("ECONNREFUSED"), "STORE_UNAVAILABLE", "reconnect"],
  [network("ENOTFOUND"), "STORE_UNAVAILABLE", "reconnect"],
  [network("DEPTH_ZERO_SELF_SIGNED_CERT"), "STORE_UNAVAILABLE", "reconnect"],
  [new AggregateError([network("ECONNREFUSED")], ""), "STORE_UNAVAILABLE", "reconnect"],
])("%s", (error, code, remedy) => {
  expect(faultOf(error, PLACE)).toMatchObject({ name: "QueueError", code, cause: error });
  expect(String(faultOf(error, PLACE))).toContain(PLACE);
  expect(remedyFor(error)).toBe(remedy);
});

test.each([
  reply("ERR unknown command 'FOO'"),
  reply("ERR wrong number of arguments for 'get' command"),
  reply("ERR user_script:3: attempt to index a nil value script: 0123, on @user_script:3."),
  new TypeError("x is not a function"),
])("stays as it is: %s", (error) => {
  expect(faultOf(error, PLACE)).toBe(error);
});

test("one of ours stays as it is", () => {
  const ours = new QueueError("STORE_CLOSED", PLACE);
  expect(faultOf(ours, PLACE)).toBe(ours);
});

test("a script's refusal is the server's, as Redis 7 says it and as it was said before", () => {
  const sha = "0123456789012345678901234567890123456789";
  const newer = reply(`OOM command not allowed when used memory > 'maxmemory'. script: ${sha}, on @user_script:7.`);
  const older = reply(
    `ERR Error running script (call to f_${sha}): @user_script:7: @user_script: 7: -OOM command not allowed when used memory > 'maxmemory'.`,
  );
  expect([refusalOf(newer), refusalOf(older)]).toEqual(["OOM", "OOM"]);
  expect(faultOf(older, PLACE)).toMatchObject({ code: "STORE_FULL" });
  expect(String(faultOf(newer, PLACE))).not.toContain("script");
});

test("what was refused or not sent is undone, what got no answer is not", () => {
  expect(isUndone(reply("READONLY You can't write against a read only replica."))).toBe(true);
  expect(isUndone(new Error("Stream isn't writeable and enableOfflineQueue options is false"))).toBe(true);
  expect(isUndone(new Error("Connection is closed."))).toBe(false);
  expect(isUndone(reply("ERR user_script:3: attempt to index a nil value"))).toBe(false);
});

test("the arguments of a command are told to nobody", () => {
  const error = Object.assign(reply("WRONGPASS invalid"), { command: { name: "auth", args: ["ada", "secr3t"] } });
  const fault = faultOf(error, PLACE);
  expect(inspect(fault, { depth: null, showHidden: true })).not.toContain("secr3t");
  expect(error.command).toEqual({ name: "auth" });
});

test("a cluster's last node is quoted", () => {
  const error = Object.assign(new Error("Failed to refresh slots cache."), {
    lastNodeError: Object.assign(reply("NOAUTH Authentication required."), {
      command: { name: "cluster", args: ["secr3t"] },
    }),
  });
  const fault = faultOf(error, PLACE);
  expect(String(fault)).toContain("NOAUTH");
  expect(inspect(fault, { depth: null })).not.toContain("secr3t");
});
