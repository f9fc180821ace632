/** One statement for both ways through an index. */

import type { ListPlace } from "@jobyard/core/adapter";
import type { Statement } from "../statement.ts";

/** By the side to which a walk goes. */
export type BothWays<Params, Row> = Readonly<Record<ListPlace["side"], Statement<Params, Row>>>;

/** Where the two ways differ stand both, the way down first: `pk {<|>=} @pk ORDER BY pk {DESC|ASC}`. */
export function bothWays<Params, Row>([text = ""]: TemplateStringsArray): BothWays<Params, Row> {
  const way = (place: "$1" | "$2"): Statement<Params, Row> => ({
    text: text.replaceAll(/\{([^{|}]+)\|([^{|}]+)\}/g, place),
  });
  return { older: way("$1"), newer: way("$2") };
}
