/**
 * Texts that people hand in: the lines of a file or a pipe, or all of stdin.
 *
 * Nothing is held but the chunk at hand, however long the input is, and bytes that are not UTF-8 are a fault of their
 * line: to replace them would change a payload.
 */

import { isUtf8 } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { DEFAULTS, QueueError } from "@jobyard/core";
import { isSystemError } from "../error-text.ts";

export interface Line {
  /** 1 for the first; empty lines count. */
  readonly number: number;
  readonly text: string;
  /** Why the line cannot be read; its text is then empty. */
  readonly fault: string | null;
}

/** What `--file` names. */
export interface LineSource {
  /** True for a file: it can be read a second time. A pipe cannot. */
  readonly rereadable: boolean;
  /** The lines that hold something, as many at a time as were read at once. Ends early once the signal aborts. */
  read(signal?: AbortSignal): AsyncGenerator<readonly Line[]>;
}

const CHUNK_BYTES = 1_048_576;
/** No payload may be longer; a file without line breaks must not fill the memory. */
const LONGEST_LINE_BYTES = DEFAULTS.maxPayloadBytesLimit;

/** @param path - `-` for stdin. @throws QueueError `BAD_OPTION` if it cannot be opened */
export async function lineSource(path: string): Promise<LineSource> {
  if (path === "-") return { rereadable: false, read: linesOfStdin };
  const isFile = await asOption(path, async () => {
    const file = await open(path);
    try {
      const found = await file.stat();
      if (found.isDirectory()) throw new QueueError("BAD_OPTION", `--file ${path}: this is a folder`, FIELD);
      return found.isFile();
    } finally {
      await file.close();
    }
  });
  return { rereadable: isFile, read: (signal) => linesOfFile(path, signal) };
}

/** All of stdin. @throws QueueError `PAYLOAD_INVALID` if it is not UTF-8, `PAYLOAD_TOO_LARGE` */
export async function stdinText(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    length += (chunk as Buffer).length;
    if (length > LONGEST_LINE_BYTES)
      throw new QueueError("PAYLOAD_TOO_LARGE", `stdin has more than ${LONGEST_LINE_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  const bytes = Buffer.concat(chunks);
  if (!isUtf8(bytes)) throw new QueueError("PAYLOAD_INVALID", "stdin is not UTF-8");
  return bytes.toString().trim();
}

const FIELD = { field: "--file" } as const;

/** A pipe may stay silent for ever, so whoever waits for it has to hear of the signal too. */
async function* linesOfStdin(signal?: AbortSignal): AsyncGenerator<readonly Line[]> {
  const lines = linesIn(process.stdin);
  try {
    while (!signal?.aborted) {
      const next = await unlessAborted(lines.next(), signal);
      if (next === null || next.done) return;
      yield next.value;
    }
  } finally {
    // The process would wait for it.
    process.stdin.destroy();
  }
}

/** `null` once the signal aborts. A race with one promise for all turns would keep what each of them read. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(null);
    signal?.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal?.removeEventListener("abort", onAbort));
  });
}

async function* linesOfFile(path: string, signal?: AbortSignal): AsyncGenerator<readonly Line[]> {
  const file = await asOption(path, () => open(path));
  try {
    for await (const lines of linesIn(chunksOf(file, path))) {
      if (signal?.aborted) return;
      yield lines;
    }
  } finally {
    await file.close();
  }
}

async function* chunksOf(file: FileHandle, path: string): AsyncGenerator<Buffer> {
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await asOption(path, () => file.read(chunk));
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
  }
}

async function asOption<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new QueueError("BAD_OPTION", `--file ${path}: ${reason}`, { ...FIELD, cause: error });
  }
}

const LINE_FEED = 0x0a;

/** @param chunks - bytes, cut anywhere */
export async function* linesIn(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<readonly Line[]> {
  const unfinished = new Unfinished();
  let number = 0;
  for await (const raw of chunks) {
    const chunk = typeof raw === "string" ? Buffer.from(raw) : raw;
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      number += 1;
      push(lines, number, unfinished.end(chunk.subarray(from, end)));
      from = end + 1;
    }
    unfinished.add(chunk.subarray(from));
    if (lines.length > 0) yield lines;
  }
  const last: Line[] = [];
  push(last, number + 1, unfinished.end(Buffer.alloc(0)));
  if (last.length > 0) yield last;
}

/** @param bytes - `null` for a line that is too long */
function push(lines: Line[], number: number, bytes: Buffer | null): void {
  if (bytes === null) {
    const fault = `the line is longer than ${LONGEST_LINE_BYTES.toLocaleString("en")} bytes`;
    lines.push({ number, text: "", fault });
    return;
  }
  if (!isUtf8(bytes)) {
    lines.push({ number, text: "", fault: "the line is not UTF-8" });
    return;
  }
  const text = bytes.toString().trim();
  if (text !== "") lines.push({ number, text, fault: null });
}

/** The beginning of a line whose end has not been read yet. */
class Unfinished {
  #parts: Buffer[] = [];
  #bytes = 0;

  add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes <= LONGEST_LINE_BYTES) this.#parts.push(part);
    else this.#parts = [];
  }

  /** The whole line; `null` if it was too long to keep. */
  end(part: Buffer): Buffer | null {
    if (this.#bytes === 0 && part.length <= LONGEST_LINE_BYTES) return part;
    this.add(part);
    const line = this.#bytes <= LONGEST_LINE_BYTES ? Buffer.concat(this.#parts) : null;
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}
