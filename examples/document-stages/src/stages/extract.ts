/** Stage 1: the bytes of a file to its text. */

import { DocumentError } from "../errors.ts";
import type { Extracted } from "../formats/extracted.ts";
import { formatOf, supportedExtensions } from "../formats/table.ts";

/**
 * @param bytes - the whole file
 * @param name - its name; the extension chooses the reader
 * @throws DocumentError if the file is not what its name says, is damaged, or has an unknown extension
 */
export async function extract(bytes: Uint8Array, name: string): Promise<Extracted> {
  const format = formatOf(name);
  if (format) return format.read(bytes, name);
  throw new DocumentError(
    "DOCUMENT_UNKNOWN",
    `${name} has an extension that no reader knows.`,
    `Use one of ${supportedExtensions()}.`,
  );
}
