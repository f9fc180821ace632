/** What reading needs of a store. */

import type { Ports } from "@jobyard/core/adapter";
import type { Scripts } from "../scripts.ts";

export interface Readable extends Scripts {
  readonly ports: Ports;
}
