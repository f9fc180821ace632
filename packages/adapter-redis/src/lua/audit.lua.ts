/** The line that tells who did what, written in the step that did it. */

import { AUDIT_KIND } from "@jobyard/core/adapter";
import { type Part, part, type Script, script } from "../script.ts";
import { json } from "./base.lua.ts";
import { records } from "./records.lua.ts";

/** A line names no more jobs, and counts them all. */
const MOST_NAMED = 100;

export const auditing: Part = part(
  [records, json],
  /* lua */ `
-- line: {id, between, rest}: the text around what only the store knows, as audit.ts cuts it. jobs: {queue, id} of each
-- that changed.
local function write_audit(line, jobs)
  local names = {}
  for i = 1, math.min(#jobs, ${MOST_NAMED}) do names[i] = json_string(jobs[i][1] .. '/' .. jobs[i][2]) end
  write_record('${AUDIT_KIND}', line.id, string.format('{"at":%.0f', NOW) .. line.between
    .. '"jobs":[' .. table.concat(names, ',') .. '],"count":' .. #jobs .. line.rest)
end
`,
);

/** For what was done in steps of other programs' scripts. KEYS: the root. ARGV[1]: msgpack `{audit, refs: [[queue, id] …]}`. */
export const auditScript: Script = script(
  "audit",
  [auditing],
  /* lua */ `
local ask = cmsgpack.unpack(ARGV[1])
write_audit(ask.audit, ask.refs)
`,
);
