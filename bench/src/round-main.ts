/** The process behind round.ts. Ends with exit code 0 and a message, or with an error on stderr. */

import { backendNamed, contenderNamed } from "./backends.ts";
import { startHelper } from "./helper.ts";
import { profiledTo } from "./profile/profiled.ts";
import type { RoundSpec } from "./round.ts";
import { scenarioNamed } from "./scenarios.ts";

const spec = JSON.parse(process.argv[2] ?? "") as RoundSpec;
process.once("disconnect", () => process.exit(1)); // nobody waits for the result any more

const { store, jobs, profile } = spec;
const backend = backendNamed(spec.backend);
const contender = contenderNamed(backend, spec.contender);
const measures = await scenarioNamed(spec.scenario).run({
  contender,
  store,
  jobs,
  help: ({ onMark, ...how }) =>
    startHelper({ ...how, backend: backend.name, contender: contender.name, store }, onMark),
  settle: () => backend.settle(store),
  serverSpent: () => backend.spent(store),
  memory: () => backend.memory(store),
  holdSnapshot: async () => {
    if (backend.holdSnapshot === null) throw new Error(`${backend.name} holds no snapshots`);
    return backend.holdSnapshot(store);
  },
  profiled: (work) => (profile === null ? work() : profiledTo(profile, work)),
});
process.send?.(measures, () => process.exit(0));
