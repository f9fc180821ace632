/** Whether this Node.js can run Jobyard: what `engines` of the package asks for. */

import type { Diagnosis } from "@jobyard/core";

const OLDEST = [22, 18] as const;

/** @param version - as in `process.versions.node` */
export function checkNode(version: string = process.versions.node): Diagnosis {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isSupported = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  const evidence = { version, oldest: OLDEST.join(".") };
  if (isSupported) return { code: "NODE_VERSION", level: "ok", text: `Node.js ${version} is supported.`, evidence };
  return {
    code: "NODE_VERSION",
    level: "problem",
    text: `Node.js ${version} is older than ${evidence.oldest}.`,
    evidence,
    fix: "Install the current LTS release of Node.js.",
  };
}
