/** How the adapter of a server reads the values in its URL, and refuses what it cannot read. */

import { QueueError } from "../nouns/errors.ts";

export interface UrlValues {
  /** The URL itself is no part of it: it may have a password at a place where nobody looks for one. */
  bad(what: string): QueueError;
  /** @throws QueueError `BAD_URL` */
  oneOf<const T>(name: string, value: string, choices: Readonly<Record<string, T>>): T;
  /**
   * From 0 to 999,999,999.
   *
   * @throws QueueError `BAD_URL`
   */
  whole(name: string, value: string): number;
}

/** @param product - whose URL it is, for messages */
export function urlValues(product: string): UrlValues {
  const bad = (what: string): QueueError =>
    new QueueError("BAD_URL", `the URL of ${product}: ${what}`, { field: "url" });
  return {
    bad,
    oneOf(name, value, choices) {
      for (const [text, meant] of Object.entries(choices)) if (text === value) return meant;
      throw bad(`${name} is ${Object.keys(choices).join(" or ")}`);
    },
    whole(name, value) {
      if (/^\d{1,9}$/.test(value)) return Number(value);
      throw bad(`${name} is a whole number`);
    },
  };
}
