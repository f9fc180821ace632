/** Bytes of a text file to text. */

import { DocumentError } from "../errors.ts";

/**
 * UTF-8 or UTF-16 by its byte order mark, else UTF-8, else Windows-1252, in which old text files are written.
 *
 * @throws DocumentError `NOT_TEXT` if there are NUL bytes in it
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes).normalize("NFC");
  if (!text.includes("\0")) return text;
  throw new DocumentError(
    "NOT_TEXT",
    `${name} is called a text file but holds binary data.`,
    "Give it the extension of its true format, or save it as text.",
  );
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return "utf-8";
  } catch {
    return "windows-1252"; // not valid UTF-8: that is what the try was for
  }
}
