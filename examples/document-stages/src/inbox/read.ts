/** One file, whole and unchanged, or an error that says what became of it. */

import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DocumentError, isSystemError } from "../errors.ts";
import { readableName } from "./names.ts";
import { statOrNull } from "./stat.ts";

const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * @param fileName - in any normal form: if the folder has it in another one, that is opened
 * @param readAll - how the open file is read; tests let something happen in between
 * @throws DocumentError `FILE_GONE`, `FILE_CHANGED` (while it was read), `FILE_TOO_LARGE`
 */
export async function readWhole(folder: string, fileName: string, readAll: ReadAll = readFile): Promise<Buffer> {
  const path = join(folder, await spellingOf(folder, fileName));
  const file = await openFile(path, fileName);
  try {
    const before = await file.stat();
    if (before.size > MAX_FILE_BYTES) throw tooLarge(fileName, before.size);
    const bytes = await readAll(file);
    const after = await statOrNull(path);
    if (!after || after.ino !== before.ino) throw gone(fileName, "while it was read");
    if (after.size !== bytes.length || after.mtimeMs !== before.mtimeMs) throw changed(fileName);
    return bytes;
  } finally {
    await file.close();
  }
}

type ReadAll = (file: FileHandle) => Promise<Buffer>;
const readFile: ReadAll = (file) => file.readFile();

async function spellingOf(folder: string, fileName: string): Promise<string> {
  if (await statOrNull(join(folder, fileName))) return fileName;
  const wanted = readableName(fileName);
  const found = (await readdir(folder)).find((name) => readableName(name) === wanted);
  return found ?? fileName;
}

async function openFile(path: string, fileName: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw isSystemError(error, "ENOENT") ? gone(fileName, "before it was read", error) : error;
  }
}

const gone = (fileName: string, when: string, cause?: unknown): DocumentError =>
  new DocumentError(
    "FILE_GONE",
    `${readableName(fileName)} was renamed or removed ${when}.`,
    "Put it back under this name and requeue the job. Under a new name it is a new document, with jobs of its own.",
    cause,
  );

const changed = (fileName: string): DocumentError =>
  new DocumentError(
    "FILE_CHANGED",
    `${readableName(fileName)} was written to while it was read.`,
    "Wait until the program that writes it is done; then it is picked up by itself.",
  );

const tooLarge = (fileName: string, size: number): DocumentError =>
  new DocumentError(
    "FILE_TOO_LARGE",
    `${readableName(fileName)} has ${Math.ceil(size / 1024 / 1024)} MiB; ${MAX_FILE_BYTES / 1024 / 1024} MiB is the most.`,
    "Split it, or make its pictures smaller.",
  );
