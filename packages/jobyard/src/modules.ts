/**
 * Job modules: files that export job types, with or without handlers, by name or as a default array.
 *
 * TypeScript runs as it stands, by Node's own type stripping.
 */

import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type BoundJob, type JobDefinition, QueueError } from "@jobyard/core";
import { isSystemError } from "./error-text.ts";

/**
 * Everything the modules export that a worker can run, each once, in the order found.
 *
 * @param paths - relative to the working directory
 * @throws QueueError `MODULE_FAILED` with path and cause, `MODULE_EMPTY` if one of them has no handlers
 */
export async function loadJobModules(paths: readonly string[]): Promise<BoundJob[]> {
  const found = new Set<BoundJob>();
  for (const path of paths) {
    const jobs = (await exportsOf(path)).filter(isBoundJob);
    if (jobs.length === 0) throw new QueueError("MODULE_EMPTY", path);
    for (const job of jobs) found.add(job);
  }
  return [...found];
}

/**
 * The job type of that name, with or without a handler.
 *
 * @throws QueueError `MODULE_FAILED`, `UNKNOWN_JOB`
 */
export async function loadDefinition(path: string, name: string): Promise<JobDefinition> {
  const known = (await exportsOf(path)).flatMap(definitionsIn);
  const found = known.find((definition) => definition.name === name);
  if (found) return found;
  const names = [...new Set(known.map((definition) => definition.name))].sort();
  const there = names.length === 0 ? "no job types" : names.join(", ");
  throw new QueueError("UNKNOWN_JOB", `${name}; ${path} has ${there}`, { field: "name" });
}

/** What the module exports, the items of a default array in place of the array. */
async function exportsOf(path: string): Promise<readonly unknown[]> {
  const module = await importModule(path);
  return Object.entries(module).flatMap(([name, value]) =>
    name === "default" && Array.isArray(value) ? value : [value],
  );
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  const file = resolve(path);
  try {
    await access(file);
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (cause) {
    throw new QueueError("MODULE_FAILED", `${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** The first line: a syntax error's message goes on with the source around it. */
function reasonOf(cause: unknown): string {
  if (isSystemError(cause) && cause.code === "ENOENT" && cause.syscall === "access") return "there is no such file";
  if (isRecord(cause) && cause["code"] === "ERR_UNSUPPORTED_DIR_IMPORT") return "this is a folder; name a file in it";
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.split("\n").find((line) => line.trim() !== "") ?? "it threw nothing that has a message";
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isDefinition = (value: unknown): value is JobDefinition =>
  isRecord(value) &&
  typeof value["name"] === "string" &&
  typeof value["handler"] === "function" &&
  isSchema(value["payload"]);

/** Some libraries' schemas are functions. */
const isSchema = (value: unknown): boolean => typeof value === "function" || isRecord(value);

const isBoundJob = (value: unknown): value is BoundJob =>
  isRecord(value) && isDefinition(value["definition"]) && typeof value["run"] === "function";

function definitionsIn(value: unknown): JobDefinition[] {
  if (isBoundJob(value)) return [value.definition];
  return isDefinition(value) ? [value] : [];
}
