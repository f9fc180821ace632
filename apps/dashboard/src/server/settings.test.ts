import { isQueueError } from "@jobyard/core";
import { expect, test } from "vitest";
import { readSettings } from "./settings";

const URL = { JOBYARD_URL: "sqlite:./jobs.db" };
const PASSWORD = { JOBYARD_DASHBOARD_PASSWORD: "secret" };

function faultsOf(env: Record<string, string>): string {
  try {
    readSettings(env);
  } catch (error) {
    if (isQueueError(error, "CONFIG_INVALID")) return error.message;
    throw error;
  }
  return "";
}

test("one password makes one account, an administrator", () => {
  const { access, backend, https } = readSettings({ ...URL, ...PASSWORD });
  expect(access).toEqual({
    mode: "password",
    single: true,
    accounts: [{ name: "admin", role: "admin", secret: "secret" }],
  });
  expect(backend).toEqual({ name: "main", url: "sqlite:./jobs.db" });
  expect(https).toBe(false);
});

test("accounts are a list, and a password may hold colons", () => {
  const { access } = readSettings({ ...URL, JOBYARD_DASHBOARD_USERS: "ana:admin:a:b:c, bo:viewer:x\ncy:operator:y" });
  expect(access).toMatchObject({
    single: false,
    accounts: [
      { name: "ana", secret: "a:b:c" },
      { name: "bo", role: "viewer" },
      { name: "cy", role: "operator" },
    ],
  });
});

test.each([
  ["nobody could log in", { ...URL }, /Nobody could log in/],
  ["open beyond loopback", { ...URL, JOBYARD_DASHBOARD_OPEN: "1", HOST: "0.0.0.0" }, /loopback only/],
  ["open and a password", { ...URL, ...PASSWORD, JOBYARD_DASHBOARD_OPEN: "1" }, /both set/],
  ["plain http beyond loopback", { ...URL, ...PASSWORD, HOST: "10.0.0.7" }, /plain http/],
  [
    "an account without a password",
    { ...URL, JOBYARD_DASHBOARD_USERS: "ana:admin" },
    /entry 1: it must be name:role:password/,
  ],
  ["an unknown role", { ...URL, JOBYARD_DASHBOARD_USERS: "ana:root:x" }, /no role root/],
  ["half a hash", { ...URL, JOBYARD_DASHBOARD_USERS: "ana:admin:scrypt$32768" }, /hash is not complete/],
  ["a name twice", { ...URL, JOBYARD_DASHBOARD_USERS: "ana:admin:x,ana:viewer:y" }, /ana is there twice/],
  [
    "an origin with a path",
    { ...URL, ...PASSWORD, JOBYARD_DASHBOARD_ORIGIN: "https://example.com/jobs" },
    /without a path/,
  ],
  ["no backend", { ...PASSWORD }, /JOBYARD_URL is not set/],
  ["two backends", { ...URL, ...PASSWORD, JOBYARD_URL_OTHER: "sqlite:b.db" }, /one backend/],
  ["a switch that is neither on nor off", { ...URL, ...PASSWORD, JOBYARD_DASHBOARD_TRUST_PROXY: "yes" }, /must be 1/],
])("refused: %s", (_what, env, text) => {
  expect(faultsOf(env)).toMatch(text);
});

test("all faults are reported together", () => {
  const text = faultsOf({ JOBYARD_DASHBOARD_USERS: "ana:root:x,bo", JOBYARD_DASHBOARD_ORIGIN: "nonsense" });
  expect(text.match(/^ {2}- /gm)).toHaveLength(4);
});

test("behind TLS the host does not matter, and a wish for plain http is told to the pages", () => {
  expect(
    readSettings({ ...URL, ...PASSWORD, HOST: "0.0.0.0", JOBYARD_DASHBOARD_ORIGIN: "https://jobs.example.com" }),
  ).toMatchObject({ https: true, insecure: false });
  expect(readSettings({ ...URL, ...PASSWORD, HOST: "0.0.0.0", JOBYARD_DASHBOARD_INSECURE_HTTP: "1" })).toMatchObject({
    https: false,
    insecure: true,
  });
});

test("no fault repeats a password", () => {
  expect(faultsOf({ ...URL, JOBYARD_DASHBOARD_USERS: "ana:root:hunter2,hunter3" })).not.toMatch(/hunter/);
});
