/** A connection that counts the rows which statements returned: what a step costs, without a clock. */

import { Connection } from "../src/connection.ts";

export class CountingConnection extends Connection {
  rows = 0;

  override all<P extends object, R>(...call: Parameters<typeof Connection.prototype.all<P, R>>): R[] {
    const found = super.all<P, R>(...call);
    this.rows += found.length;
    return found;
  }
}
