/** Names of files: which to leave alone, and one spelling for what looks the same. */

/** Hidden files and the lock files of office programs. */
const EXCLUDED_PREFIXES: readonly string[] = [".", "~$"];

export const isExcluded = (name: string): boolean => EXCLUDED_PREFIXES.some((prefix) => name.startsWith(prefix));

/**
 * "é" is one code point in NFC and two in NFD (which macOS prefers). To people, and so to the pipeline, both are one name.
 * The file itself is opened by the spelling that the folder has.
 */
export const readableName = (fileName: string): string => fileName.normalize("NFC");
