import * as jobyard from "jobyard";
import { expect, test } from "vitest";

test("what the package exports is what was meant", () => {
  expect(Object.keys(jobyard).sort()).toMatchInlineSnapshot(`
    [
      "DEFAULT_URL",
      "QueueError",
      "QueueFullError",
      "UnrecoverableError",
      "defineJob",
      "errorText",
      "exitCodeOf",
      "followUp",
      "isQueueError",
      "loadJobModules",
      "openYard",
      "printableUrl",
      "stopSignal",
    ]
  `);
});
