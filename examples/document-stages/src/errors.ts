/** What can be wrong with a file, in two halves: what is wrong, and what a person can do about it. */

export type DocumentErrorCode =
  | "DOCUMENT_DAMAGED"
  | "DOCUMENT_LOCKED"
  | "DOCUMENT_UNKNOWN"
  | "FILE_CHANGED"
  | "FILE_GONE"
  | "FILE_TOO_LARGE"
  | "NOT_TEXT"
  | "TEXT_MISSING";

export class DocumentError extends Error {
  readonly code: DocumentErrorCode;

  /** @param what - one sentence that names the file. @param toDo - one sentence. */
  constructor(code: DocumentErrorCode, what: string, toDo: string, cause?: unknown) {
    super(`${what} ${toDo}`, cause === undefined ? undefined : { cause });
    this.name = "DocumentError";
    this.code = code;
  }
}

/** True for errors of Node.js' file system with this code. */
export const isSystemError = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
