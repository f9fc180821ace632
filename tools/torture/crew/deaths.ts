/** Every process of a run that died, in the history and by name; each with what it died of. */

import type { HistoryWriter } from "../history/writer.ts";
import type { Death } from "./crew.ts";

export class Deaths {
  readonly #history: HistoryWriter;
  readonly #byName = new Map<string, Death>();

  constructor(history: HistoryWriter) {
    this.#history = history;
  }

  readonly note = (death: Death): void => {
    this.#byName.set(death.name, death);
    const { name, session, cause, proof } = death;
    if (session !== null) this.#history.write({ kind: "died", session, proof });
    if (cause === UNKNOWN) return;
    this.#history.write({ kind: "fault", fault: isPill(death) ? "pill" : "kill", target: name, forMs: null, proof });
  };

  get all(): readonly Death[] {
    return [...this.#byName.values()];
  }

  of(name: string): Death | undefined {
    return this.#byName.get(name);
  }
}

/** Of a death that we neither brought about nor were told of. */
export const UNKNOWN = "unknown";

export const isPill = ({ cause }: Death): boolean => cause.startsWith("pill-");

/** By SIGKILL from outside or at a named point. */
export const isKill = (death: Death): boolean =>
  death.exit.signal === "SIGKILL" && death.cause !== UNKNOWN && !isPill(death);
