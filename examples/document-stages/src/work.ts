/** What each stage does with one document: read what the stages before it left, compute, save. */

import type { Context } from "jobyard";
import { DocumentError } from "./errors.ts";
import { bodyText, type Extracted, fullText } from "./formats/extracted.ts";
import { documentId } from "./inbox/intake.ts";
import { readWhole } from "./inbox/read.ts";
import type { StageName } from "./stage-table.ts";
import { chunk } from "./stages/chunk.ts";
import { classify } from "./stages/classify.ts";
import type { Embedder } from "./stages/embed.ts";
import { extract } from "./stages/extract.ts";
import { previewImage, previewText } from "./stages/preview.ts";
import { summarize } from "./stages/summarize.ts";
import type { DocumentRow, Store } from "./store.ts";
import { words } from "./text/words.ts";

export interface Tools {
  readonly store: Store;
  readonly inbox: string;
  readonly embedder: Embedder;
  readonly ctx: Context;
  /** Reports `done` of `total` steps, takes the configured rest, and throws if the job is to stop. */
  readonly step: (done: number, total: number) => Promise<void>;
}

/** Returns what the job shows as its result: a few figures, never the texts themselves. */
export type Work = (document: DocumentRow, tools: Tools) => Promise<Readonly<Record<string, unknown>>>;

export const WORK: Readonly<Record<StageName, Work>> = {
  async extract(document, tools) {
    await tools.step(0, 3);
    const bytes = await readInbox(document, tools);
    await tools.step(1, 3);
    const text = await extract(bytes, document.name);
    await tools.step(2, 3);
    tools.store.saveText(document.id, text);
    const figures = { sections: text.sections.length, pages: text.pages, words: words(fullText(text)).length };
    await tools.ctx.log(`${document.name}: ${figures.words} words in ${figures.sections} sections`);
    await tools.ctx.event("document.extracted", figures);
    await tools.step(3, 3);
    return { title: text.title, ...figures };
  },

  async preview(document, tools) {
    await tools.step(0, 2);
    const preview =
      document.category === "images"
        ? await previewImage(await readInbox(document, tools), document.name)
        : previewText(textOf(document, tools).title, bodyText(textOf(document, tools)));
    await tools.step(1, 2);
    tools.store.savePreview(document.id, preview);
    await tools.step(2, 2);
    return { format: preview.extension, width: preview.width, height: preview.height, bytes: preview.bytes.length };
  },

  async classify(document, tools) {
    await tools.step(0, 2);
    const found = classify(textOf(document, tools), document.category);
    await tools.step(1, 2);
    tools.store.saveLabel(document.id, found);
    await tools.ctx.event("document.classified", { label: found.label, confidence: found.confidence });
    await tools.ctx.log(
      `${document.name} is: ${found.label}${found.because.length > 0 ? ` (${found.because.join(", ")})` : ""}`,
    );
    await tools.step(2, 2);
    return { ...found };
  },

  async summarize(document, tools) {
    await tools.step(0, 2);
    const summary = summarize(bodyText(textOf(document, tools)));
    await tools.step(1, 2);
    tools.store.saveSummary(document.id, summary);
    await tools.step(2, 2);
    return { characters: summary.text.length, keywords: summary.keywords };
  },

  async embed(document, tools) {
    await tools.step(0, 2);
    const vector = tools.embedder.embed(fullText(textOf(document, tools)));
    await tools.step(1, 2);
    tools.store.saveEmbedding(document.id, tools.embedder.name, vector);
    await tools.step(2, 2);
    return { embedder: tools.embedder.name, dimensions: vector.length };
  },

  async chunk(document, tools) {
    await tools.step(0, 2);
    const chunks = chunk(textOf(document, tools).sections);
    await tools.step(1, 2);
    tools.store.saveChunks(document.id, chunks);
    await tools.step(2, 2);
    return { chunks: chunks.length };
  },
};

/** A file that has changed since is another document by now, with jobs of its own: this job ends as cancelled. */
async function readInbox(document: DocumentRow, { inbox, ctx }: Tools): Promise<Buffer> {
  const bytes = await readWhole(inbox, document.fileName);
  if (documentId(document.name, bytes) !== document.id)
    ctx.cancel(
      `${document.name} has new content since this job was made. That is a document of its own, with its own jobs.`,
    );
  return bytes;
}

function textOf(document: DocumentRow, { store }: Tools): Extracted {
  const text = store.text(document.id);
  if (text) return text;
  throw new DocumentError(
    "TEXT_MISSING",
    `The text of ${document.name} is not in the store.`,
    "Requeue its extract job; this stage follows by itself.",
  );
}
