import { QueueError } from "@jobyard/core";
import { describe, expect, test } from "vitest";
import { readSettings, type Settings } from "../src/settings.ts";

const JOBS = { JOBYARD_JOBS: "./jobs.ts" };

const faults = (env: Readonly<Record<string, string>>): readonly string[] => {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    if (!(error instanceof QueueError)) throw error;
    expect(error.code).toBe("CONFIG_INVALID");
    return error.issues.map(({ path, message }) => `${path}: ${message}`);
  }
};

describe("settings", () => {
  test("have defaults, but for the modules", () => {
    expect(readSettings(JOBS)).toEqual({
      url: "sqlite:./jobyard.db",
      modules: ["./jobs.ts"],
      queues: null,
      leaseMs: 30_000,
      graceMs: 30_000,
      logLevel: "info",
      health: null,
    } satisfies Settings);
  });

  test("are read from the environment", () => {
    const env = {
      JOBYARD_URL: "sqlite:/data/jobs.db",
      JOBYARD_JOBS: "./mail.ts, ./media.ts,",
      JOBYARD_QUEUES: "mail:20, media",
      JOBYARD_LEASE: "1m",
      JOBYARD_GRACE: "1500",
      LOG_LEVEL: "debug",
      HOST: "0.0.0.0",
      PORT: "8080",
    };
    expect(readSettings(env)).toEqual({
      url: "sqlite:/data/jobs.db",
      modules: ["./mail.ts", "./media.ts"],
      queues: { mail: { concurrency: 20 }, media: {} },
      leaseMs: 60_000,
      graceMs: 1_500,
      logLevel: "debug",
      health: { host: "0.0.0.0", port: 8_080 },
    } satisfies Settings);
  });

  test("that are empty are not set", () => {
    const env = { ...JOBS, PORT: "", JOBYARD_URL: " ", JOBYARD_QUEUES: "", LOG_LEVEL: "" };
    expect(readSettings(env)).toEqual(readSettings(JOBS));
  });

  test("have all their faults told together", () => {
    const env = {
      JOBYARD_QUEUES: "mail:0,mail,mail,a:b:c",
      JOBYARD_LEASE: "soon",
      JOBYARD_GRACE: "-1s",
      LOG_LEVEL: "loud",
      PORT: "99999",
    };
    expect(faults(env)).toEqual([
      "JOBYARD_JOBS: is not set. Name the job modules, separated by commas, for example ./jobs.ts",
      'JOBYARD_QUEUES: "mail:0" must look like mail or mail:20, with 1 to 10000',
      'JOBYARD_QUEUES: "mail" is there twice',
      'JOBYARD_QUEUES: "a:b:c" must look like mail or mail:20, with 1 to 10000',
      'JOBYARD_LEASE: "soon" is no duration. Write 250ms, 10s, 5m, 2h or 7d',
      'JOBYARD_GRACE: "-1s" is no duration. Write 250ms, 10s, 5m, 2h or 7d',
      "LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent",
      "PORT: must be a number from 0 to 65535",
    ]);
  });

  test.each([
    [{ ...JOBS, JOBYARD_LEASE: "10ms" }, 'JOBYARD_LEASE: "10ms" is too short. At least 300ms'],
    [{ JOBYARD_JOBS: " , " }, "JOBYARD_JOBS: names no module. Name the job modules, separated by commas"],
  ])("%j", (env, fault) => expect(faults(env)).toEqual([fault]));
});
