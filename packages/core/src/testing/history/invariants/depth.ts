/** I11: a bounded queue counts right and stays within its bound. */

import type { Invariant } from "../cases.ts";

export const depth: Invariant = {
  id: "I11",
  name: "depth exact and bounded",
  says: "a queue's depth is the number of its open jobs at every look, and no enqueue makes it exceed its maximum",
  check({ queues }, cases) {
    for (const { queue, samples, odd, bypasses, dumped, open } of queues.values()) {
      for (let even = odd.length; even < samples; even += 1) cases.judge(true, { queue }, String);
      for (const sample of odd) {
        const { depth: told, open: counted, maxSize } = sample;
        const exact = counted === null || counted === told;
        // Follow-ups, and what an operator brings back, may go past the bound.
        const bounded = maxSize === null || told <= maxSize + bypasses;
        cases.judge(exact && bounded, { queue }, () => `depth ${told}, open ${counted}, at most ${maxSize}`);
      }
      if (dumped !== null)
        cases.judge(
          dumped.depth === open,
          { queue },
          () => `in the end depth ${dumped.depth}, and ${open} jobs are open`,
        );
    }
  },
};
