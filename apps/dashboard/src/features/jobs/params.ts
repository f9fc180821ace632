/** What of the list and of a job stands in the address: one schema for server and browser. */

import { createLoader, parseAsString, parseAsStringLiteral } from "nuqs/server";

export const listParams = {
  /** Text in the query language. */
  q: parseAsString.withDefault("").withOptions({ history: "push" }),
  /** `next` or `previous` of another page; `null` for the first. */
  cursor: parseAsString.withOptions({ history: "push" }),
};
export const loadListParams = createLoader(listParams);

export const JOB_TABS = ["events", "payload", "result", "errors", "logs", "options"] as const;
export type JobTab = (typeof JOB_TABS)[number];
export const jobParams = { tab: parseAsStringLiteral(JOB_TABS).withDefault("events") };
