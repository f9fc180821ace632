/**
 * What the pipeline made of every document: one SQLite file of the example's own, and preview files beside it.
 *
 * Jobs run at least once, so every save replaces what an earlier run of the same stage saved.
 */

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Extracted } from "./formats/extracted.ts";
import type { Category } from "./stage-table.ts";
import type { Chunk } from "./stages/chunk.ts";
import type { Classification } from "./stages/classify.ts";
import type { Preview } from "./stages/preview.ts";
import type { Summary } from "./stages/summarize.ts";

export interface DocumentRow {
  /** Made of its name and its content: see inbox/intake.ts. */
  readonly id: string;
  /** In NFC, as people read it. */
  readonly name: string;
  /** As the folder spells it, which may be another normal form. */
  readonly fileName: string;
  readonly category: Category;
  readonly bytes: number;
}

/** What is known of one document by now; `null` for what is not there. */
export interface Outcome {
  readonly name: string;
  readonly title: string | null;
  readonly label: string | null;
  readonly summary: string | null;
  readonly preview: string | null;
  readonly embedder: string | null;
  readonly chunks: number;
}

export interface Store {
  /**
   * Keeps the document if it is new. True if its first job is not known to be enqueued, false if it is.
   *
   * @param text - where no stage has to extract it
   */
  register(document: DocumentRow, text: Extracted | null): boolean;
  /** Documents whose first job is not known to be enqueued: the process ended in between. */
  unqueued(): readonly DocumentRow[];
  markQueued(id: string): void;
  document(id: string): DocumentRow | null;
  text(id: string): Extracted | null;
  saveText(id: string, text: Extracted): void;
  saveLabel(id: string, classification: Classification): void;
  saveSummary(id: string, summary: Summary): void;
  saveEmbedding(id: string, embedder: string, vector: Float32Array): void;
  embedding(id: string): Float32Array | null;
  saveChunks(id: string, chunks: readonly Chunk[]): void;
  savePreview(id: string, preview: Preview): void;
  /** Every document, by name. */
  outcomes(): readonly Outcome[];
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS document (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, file_name TEXT NOT NULL, bytes INTEGER NOT NULL,
    category TEXT NOT NULL CHECK (category IN ('documents', 'images', 'notes')),
    queued INTEGER NOT NULL DEFAULT 0 CHECK (queued IN (0, 1)),
    label TEXT, confidence REAL, because TEXT ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS text (
    document TEXT PRIMARY KEY REFERENCES document (id), title TEXT NOT NULL, pages INTEGER,
    sections TEXT NOT NULL, facts TEXT NOT NULL ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS summary (
    document TEXT PRIMARY KEY REFERENCES document (id), text TEXT NOT NULL, keywords TEXT NOT NULL ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS embedding (
    document TEXT PRIMARY KEY REFERENCES document (id), embedder TEXT NOT NULL, vector BLOB NOT NULL ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS chunk (
    document TEXT NOT NULL REFERENCES document (id), place INTEGER NOT NULL, heading TEXT, text TEXT NOT NULL,
    PRIMARY KEY (document, place) ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS preview (
    document TEXT PRIMARY KEY REFERENCES document (id), file TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

const DOCUMENT = "SELECT id, name, file_name AS fileName, category, bytes FROM document";

/** @param folder - made if it is missing; several processes may open the same one */
export function openStore(folder: string): Store {
  const previews = join(folder, "previews");
  mkdirSync(previews, { recursive: true });
  const db = new Database(join(folder, "documents.db"), { timeout: 10_000 });
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = NORMAL");
  db.exec(SCHEMA);

  const row = <T>(sql: string, ...values: unknown[]): T | null =>
    (db.prepare(sql).get(...values) as T | undefined) ?? null;
  const rows = <T>(sql: string): readonly T[] => db.prepare(sql).all() as T[];
  const run = (sql: string, ...values: unknown[]): number => db.prepare(sql).run(...values).changes;
  const saveText = (id: string, text: Extracted): void => {
    run(
      "INSERT OR REPLACE INTO text (document, title, pages, sections, facts) VALUES (?, ?, ?, ?, ?)",
      ...[id, text.title, text.pages, JSON.stringify(text.sections), JSON.stringify(text.facts)],
    );
  };

  return {
    register: db.transaction((document: DocumentRow, text: Extracted | null) => {
      const { id, name, fileName, category, bytes } = document;
      const added = run(
        "INSERT INTO document (id, name, file_name, category, bytes) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ...[id, name, fileName, category, bytes],
      );
      if (added > 0 && text) saveText(id, text);
      return added > 0 || row("SELECT 1 FROM document WHERE id = ? AND queued = 0", id) !== null;
    }).immediate,
    unqueued: () => rows(`${DOCUMENT} WHERE queued = 0 ORDER BY name`),
    markQueued: (id) => void run("UPDATE document SET queued = 1 WHERE id = ?", id),
    document: (id) => row(`${DOCUMENT} WHERE id = ?`, id),
    text(id) {
      const found = row<TextRow>("SELECT title, pages, sections, facts FROM text WHERE document = ?", id);
      return found && { ...found, sections: JSON.parse(found.sections), facts: JSON.parse(found.facts) };
    },
    saveText,
    saveLabel: (id, { label, confidence, because }) =>
      void run(
        "UPDATE document SET label = ?, confidence = ?, because = ? WHERE id = ?",
        ...[label, confidence, because.join(", "), id],
      ),
    saveSummary: (id, { text, keywords }) =>
      void run(
        "INSERT OR REPLACE INTO summary (document, text, keywords) VALUES (?, ?, ?)",
        id,
        text,
        keywords.join(", "),
      ),
    saveEmbedding: (id, embedder, vector) =>
      void run(
        "INSERT OR REPLACE INTO embedding (document, embedder, vector) VALUES (?, ?, ?)",
        id,
        embedder,
        toBlob(vector),
      ),
    embedding(id) {
      const found = row<{ readonly vector: Buffer }>("SELECT vector FROM embedding WHERE document = ?", id);
      return found && fromBlob(found.vector);
    },
    saveChunks: db.transaction((id: string, chunks: readonly Chunk[]) => {
      run("DELETE FROM chunk WHERE document = ?", id);
      for (const [place, { heading, text }] of chunks.entries())
        run("INSERT INTO chunk (document, place, heading, text) VALUES (?, ?, ?, ?)", id, place, heading, text);
    }).immediate,
    savePreview(id, { bytes, extension, width, height }) {
      const file = `${id}.${extension}`;
      replaceFile(join(previews, file), bytes);
      run(
        "INSERT OR REPLACE INTO preview (document, file, width, height) VALUES (?, ?, ?, ?)",
        id,
        file,
        width,
        height,
      );
    },
    outcomes: () =>
      rows(`
        SELECT name, title, label, summary.text AS summary, preview.file AS preview, embedder,
               (SELECT count(*) FROM chunk WHERE chunk.document = document.id) AS chunks
          FROM document
          LEFT JOIN text ON text.document = document.id
          LEFT JOIN summary ON summary.document = document.id
          LEFT JOIN preview ON preview.document = document.id
          LEFT JOIN embedding ON embedding.document = document.id
         ORDER BY name`),
    close: () => void db.close(),
  };
}

interface TextRow extends Omit<Extracted, "sections" | "facts"> {
  readonly sections: string;
  readonly facts: string;
}

/** Little-endian on every machine, so that the file can be carried to another. */
function toBlob(vector: Float32Array): Buffer {
  const blob = Buffer.alloc(vector.length * 4);
  for (const [at, value] of vector.entries()) blob.writeFloatLE(value, at * 4);
  return blob;
}

const fromBlob = (blob: Buffer): Float32Array =>
  Float32Array.from({ length: blob.length / 4 }, (_value, at) => blob.readFloatLE(at * 4));

/** A reader sees the old file or the new one, never half of it. */
function replaceFile(path: string, bytes: Uint8Array): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, bytes);
  renameSync(part, path);
}
