/** What a migration is made of. Once released, none of it changes. */

import type { None, Statement } from "../statement.ts";

export interface Migration {
  /** Run in this order, in one transaction. */
  readonly scripts: readonly Statement<None>[];
  /**
   * The oldest version of these tables that a program may know and still work on this one. A migration that only adds
   * what older programs do not see names the version before it, so that their workers run on through a rollout.
   */
  readonly compatibleFrom: number;
}
