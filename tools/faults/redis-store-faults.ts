/** Faults of connections and calls, and of what people are told. */

import { breaks, type OwnFaults } from "./adapter-patch.ts";
import { CONTRACT_FAULTS } from "./contract-faults.ts";
import { ownTests, redis } from "./redis-patch.ts";

export const REDIS_STORE_FAULTS: OwnFaults = {
  "write-repeated": {
    promise: "a change whose answer was lost is not made again",
    ...breaks(ownTests("connection", "whose answer was lost"), CONTRACT_FAULTS["lost-write-made-again"]),
  },
  "read-not-repeated": {
    promise: "what only reads is read again",
    ...breaks(ownTests("connection", "what only reads"), CONTRACT_FAULTS["undone-not-made-again"]),
  },
  "loading-not-waited-for": {
    promise: "a server that starts is waited for",
    ...breaks(ownTests("connection", "reads its data"), CONTRACT_FAULTS["passing-not-waited-for"]),
  },
  "full-is-something-else": {
    promise: "a full server is told as full",
    ...breaks(
      ownTests("connection", "has no memory left"),
      redis("faults.ts", 'code: "STORE_FULL"', 'code: "STORE_UNAVAILABLE"'),
    ),
  },
  "arguments-told": {
    promise: "no error has a payload or a password in it",
    ...breaks(
      ownTests("faults", "told to nobody"),
      redis("faults.ts", "for (const one of [error, innerOf(error)])", "for (const one of [innerOf(error)])"),
    ),
  },
  "silence-never-left": {
    promise: "a connection that was cut off in silence is left",
    ...breaks(
      ownTests("connection", "cut off in silence"),
      redis("calls.ts", "if (call.sentOn !== null) link.cut(call.sentOn);", ""),
    ),
  },
  "deaf-for-good": {
    promise: "who listens notices that nothing can be heard",
    ...breaks(
      ownTests("subscriber", "notices by asking"),
      redis(
        "subscriber.ts",
        "await ear.within(ANSWER_MS, missing.length === 0 ? client.ping() : client.subscribe(...missing));",
        "if (missing.length > 0) await ear.within(ANSWER_MS, client.subscribe(...missing));",
      ),
    ),
  },
  "missed-and-not-told": {
    promise: "who could hear nothing is told that anything may have changed",
    ...breaks(
      ownTests("subscriber", "something was missed"),
      redis("subscriber.ts", "    this.#options.onHearing();\n", ""),
    ),
  },
  "evicting-server-used": {
    promise: "a server that may delete jobs is refused",
    ...breaks(
      ownTests("connection", "may delete jobs"),
      redis("inspection.ts", "policy !== undefined && policy !== SAFE_POLICY", "policy === null"),
    ),
  },
};
