/**
 * What goes on when the server has no memory left. Redis then refuses the first write of a script if it takes memory,
 * but none that follows one that takes none. Whatever ends work, keeps hold of it or clears up begins with such a one:
 * it takes little, and is the way to have room again; and workers can tell that they are there. Whatever brings new work
 * is refused.
 */

import { type Part, part } from "../script.ts";

export const evenIfFull: Part = part([], /* lua */ "rcall('DEL', R .. 'full')");
