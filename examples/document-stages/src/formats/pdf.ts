/** PDF: the text of every page, by pdf.js. */

import { extractText, getDocumentProxy, getMeta } from "unpdf";
import { DocumentError } from "../errors.ts";
import { reflow } from "../text/reflow.ts";
import { type Extracted, knownFacts, type Reader, titleFromName } from "./extracted.ts";

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

const ONLY_ERRORS = 0;

export const readPdf: Reader = async (bytes, name): Promise<Extracted> => {
  const pdf = await open(bytes, name);
  try {
    const { totalPages, text } = await extractText(pdf, { mergePages: false });
    const { info } = (await getMeta(pdf)) as { readonly info: Readonly<Record<string, unknown>> };
    return {
      title: typeof info["Title"] === "string" && info["Title"] !== "" ? info["Title"] : titleFromName(name),
      sections: text.map((page) => ({ heading: null, text: reflow(page) })).filter((page) => page.text !== ""),
      pages: totalPages,
      facts: knownFacts({ author: info["Author"], subject: info["Subject"], program: info["Creator"] }),
    };
  } finally {
    await pdf.loadingTask.destroy();
  }
};

/** pdf.js takes the buffer for itself, so it gets a copy. */
async function open(bytes: Uint8Array, name: string): Promise<Pdf> {
  try {
    return await getDocumentProxy(Uint8Array.from(bytes), { verbosity: ONLY_ERRORS });
  } catch (error) {
    if (error instanceof Error && error.name === "PasswordException")
      throw new DocumentError(
        "DOCUMENT_LOCKED",
        `${name} is protected by a password.`,
        "Save a copy without the password and put that into the inbox.",
        error,
      );
    throw new DocumentError(
      "DOCUMENT_DAMAGED",
      `${name} cannot be read as a PDF: ${fault(bytes, error)}.`,
      REPAIR,
      error,
    );
  }
}

const REPAIR =
  "Export or copy it again into the inbox, under any name: the new file is processed at once, and this job can be removed.";

/** What a person understands, where the bytes tell; else what pdf.js says. */
function fault(bytes: Uint8Array, error: unknown): string {
  const size = `${bytes.length.toLocaleString("en")} bytes`;
  if (bytes.length === 0) return "the file is empty";
  if (!find(bytes.subarray(0, 1_024), "%PDF-")) return `it does not begin like one (${size})`;
  if (!find(bytes.subarray(-1_024), "%%EOF"))
    return `it is cut off after ${size}, as after an interrupted copy or download (no end mark, no page table)`;
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
}

const find = (bytes: Uint8Array, mark: string): boolean => Buffer.from(bytes).includes(mark, 0, "latin1");
