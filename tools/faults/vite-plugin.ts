/** Injects the fault named by JOBYARD_FAULT (`target:fault-id`) into the source that Vitest loads. */

import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vitest/config";
import type { Patch, Target } from "./fault.ts";
import { FAULTS } from "./faults.ts";

const root = join(import.meta.dirname, "../..");

/** Writes one line into the file JOBYARD_FAULT_PROOF per patch that was made: no proof, no verdict. */
export function seededFault(): Plugin {
  const chosen = process.env["JOBYARD_FAULT"];
  const patches = chosen === undefined ? [] : patchesOf(chosen);
  return {
    name: "jobyard-seeded-fault",
    enforce: "pre",
    transform(code, id) {
      const file = id.split("?")[0];
      const mine = patches.filter((patch) => join(root, patch.file) === file);
      return mine.length === 0 ? null : { code: mine.reduce(inject, code), map: null };
    },
  };
}

function inject(code: string, patch: Patch): string {
  const parts = code.split(patch.find);
  if (parts.length !== 2) throw new Error(`found ${parts.length - 1} times in ${patch.file}: ${patch.find}`);
  const proof = process.env["JOBYARD_FAULT_PROOF"];
  if (proof) appendFileSync(proof, `${patch.file}\n`);
  return parts.join(patch.replace);
}

function patchesOf(chosen: string): readonly Patch[] {
  const [target, id] = chosen.split(":");
  const patches = FAULTS.find((fault) => fault.id === id)?.patches[target as Target];
  if (!patches) throw new Error(`no such fault: ${chosen}`);
  return patches;
}
