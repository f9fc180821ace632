/** Which files are taken, by extension: their category, and who reads them. */

import type { Category } from "../stage-table.ts";
import type { Reader } from "./extracted.ts";
import { readHtml } from "./html.ts";
import { readImage } from "./image.ts";
import { readMarkdown } from "./markdown.ts";
import { readPdf } from "./pdf.ts";
import { readPlain } from "./plain.ts";

export interface Format {
  readonly extensions: readonly string[];
  readonly category: Category;
  readonly read: Reader;
}

const FORMATS: readonly Format[] = [
  { extensions: ["txt"], category: "documents", read: readPlain },
  { extensions: ["md", "markdown"], category: "documents", read: readMarkdown },
  { extensions: ["html", "htm"], category: "documents", read: readHtml },
  { extensions: ["pdf"], category: "documents", read: readPdf },
  { extensions: ["png", "jpg", "jpeg", "webp"], category: "images", read: readImage },
  { extensions: ["note"], category: "notes", read: readPlain },
];

/** `null` if no format has this extension. Case does not matter. */
export function formatOf(name: string): Format | null {
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  return FORMATS.find((format) => extension !== undefined && format.extensions.includes(extension)) ?? null;
}

/** For people: `.txt, .md, …`. */
export const supportedExtensions = (): string =>
  FORMATS.flatMap((format) => format.extensions.map((extension) => `.${extension}`)).join(", ");
