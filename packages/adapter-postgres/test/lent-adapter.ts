/**
 * An adapter that outlives the test that used it. On each new connection the server compiles our functions anew, which
 * takes longer than most tests do; and a program keeps its connections as well.
 *
 * An adapter remembers which store it is on, and nothing of what is in it: the next test finds it as good as new. Not
 * if it was closed, or had claims that wait, watchers or a connection that listens: such a one goes with its test.
 */

import type { Adapter } from "@jobyard/core/adapter";

/** One adapter on a store, lent to one test at a time. */
export class LentAdapter {
  readonly #make: () => Adapter;
  #kept: Adapter | null = null;

  constructor(make: () => Adapter) {
    this.#make = make;
  }

  /** What is lent behaves as any adapter does, `close` included; `giveBack` ends the loan. */
  lend(): { readonly adapter: Adapter; giveBack(): Promise<void> } {
    const own = this.#kept ?? this.#make();
    this.#kept = own;
    const { leaser, reader } = own;
    let isSpent = false;
    const spending =
      <Given extends unknown[], Answer>(verb: (...given: Given) => Answer) =>
      (...given: Given): Answer => {
        isSpent = true;
        return verb(...given);
      };
    const claimWaiting = spending(leaser.claim);
    return {
      adapter: {
        ...own,
        leaser: { ...leaser, claim: (request) => (request.waitMs > 0 ? claimWaiting : leaser.claim)(request) },
        reader: { ...reader, watch: spending(reader.watch) },
        examine: spending(own.examine),
        close: spending(own.close),
      },
      giveBack: async () => {
        if (isSpent) await this.close();
      },
    };
  }

  /** The next loan is a new one. */
  async close(): Promise<void> {
    await this.#kept?.close();
    this.#kept = null;
  }
}
