/** The example's files, as the tests read them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const SAMPLES: string = join(import.meta.dirname, "../samples");
export const BROKEN = "quarterly-figures.pdf";
export const NOTE = "call-with-marta.note";

export const sampleNames = (): readonly string[] => readdirSync(SAMPLES).map((name) => name.normalize("NFC"));

export const sample = (name: string): Buffer => readFileSync(join(SAMPLES, name));
