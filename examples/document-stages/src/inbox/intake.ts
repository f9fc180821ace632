/** From a file in the inbox to a document with its first job. */

import { createHash } from "node:crypto";
import type { Yard } from "jobyard";
import { jobOf, type StagePayload } from "../definitions.ts";
import { formatOf, supportedExtensions } from "../formats/table.ts";
import { FIRST_STAGE } from "../stage-table.ts";
import type { DocumentRow, Store } from "../store.ts";
import { readableName } from "./names.ts";
import { readWhole } from "./read.ts";

export interface Intake {
  /**
   * `queued`: a new document. `known`: the same name with the same content was here before. `unsupported`: nobody can read it.
   *
   * @throws DocumentError if the file is gone, too large, or still being written
   */
  take(fileName: string): Promise<"queued" | "known" | "unsupported">;
  /** Enqueues what an earlier process registered and could not enqueue any more. */
  resume(): Promise<number>;
}

export function createIntake(folder: string, store: Store, yard: Pick<Yard, "enqueue">): Intake {
  /** In this order: a crash in between enqueues twice, which the stages bear, and never not at all. */
  const enqueue = async (document: DocumentRow): Promise<void> => {
    await yard.enqueue(jobOf[FIRST_STAGE], payloadOf(document), { tags: [document.category] });
    store.markQueued(document.id);
  };
  return {
    async take(fileName) {
      const name = readableName(fileName);
      const format = formatOf(name);
      if (!format) return "unsupported";
      const bytes = await readWhole(folder, fileName);
      const document = { id: documentId(name, bytes), name, fileName, category: format.category, bytes: bytes.length };
      // A note is its own text: no stage has to extract it.
      const text = format.category === "notes" ? await format.read(bytes, name) : null;
      if (!store.register(document, text)) return "known";
      await enqueue(document);
      return "queued";
    },
    async resume() {
      const left = store.unqueued();
      for (const document of left) await enqueue(document);
      return left.length;
    },
  };
}

/**
 * A document is a name and a content: the same file seen again is the same document, and either of them changed makes
 * another one. Readable at its start, for people; the hash behind it tells documents apart.
 *
 * @param name - in NFC
 */
export function documentId(name: string, bytes: Uint8Array): string {
  const hash = createHash("sha256").update(name).update("\0").update(bytes).digest("hex").slice(0, 16);
  const slug = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  return `${[...slug]
    .slice(0, 60)
    .join("")
    .replace(/^-+|-+$/g, "")}-${hash}`;
}

export const payloadOf = ({ id, name, category }: DocumentRow): StagePayload => ({ document: id, name, category });

export const unsupportedText = (name: string): string =>
  `${readableName(name)} is left alone: supported are ${supportedExtensions()}.`;
