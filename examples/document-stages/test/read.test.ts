import { appendFileSync, renameSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isExcluded, readableName } from "../src/inbox/names.ts";
import { readWhole } from "../src/inbox/read.ts";
import { temporaryFolder } from "./temporary.ts";

const NFC = "Küche.txt".normalize("NFC");
const NFD = "Küche.txt".normalize("NFD");

test("both spellings of a name are one name", () => {
  expect(NFC).not.toBe(NFD);
  expect(readableName(NFD)).toBe(NFC);
});

test.each([".DS_Store", ".a.pdf.part", "~$letter.docx"])("%s is left alone", (name) => {
  expect(isExcluded(name)).toBe(true);
});

test.each([
  [NFC, NFD],
  [NFD, NFC],
])("a file is found by the other spelling of its name", async (asked, there) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, there), "soup");
  expect((await readWhole(folder, asked)).toString()).toBe("soup");
});

test("a file that is gone: what became of it, and what to do", async () => {
  await expect(readWhole(temporaryFolder(), "a.txt")).rejects.toMatchObject({
    code: "FILE_GONE",
    message: expect.stringMatching(/^a\.txt was renamed or removed before it was read\. Put it back under this name/),
  });
});

test.each([
  ["removed", (path: string) => unlinkSync(path), "FILE_GONE"],
  ["renamed", (path: string) => renameSync(path, `${path}.old`), "FILE_GONE"],
  ["replaced by another", (path: string) => renameSync(`${path}.other`, path), "FILE_GONE"],
  ["made longer", (path: string) => appendFileSync(path, "y"), "FILE_CHANGED"],
  ["made shorter", (path: string) => truncateSync(path, 1), "FILE_CHANGED"],
  ["made shorter, and dated back", shortenUnseen, "FILE_CHANGED"],
  ["overwritten with as much", (path: string) => writeFileSync(path, "tex!"), "FILE_CHANGED"],
])("a file that was %s while it was read", async (_what, disturb, code) => {
  const folder = temporaryFolder();
  const path = join(folder, "a.txt");
  writeFileSync(path, "text");
  dateBack(path);
  writeFileSync(`${path}.other`, "text");
  const reading = readWhole(folder, "a.txt", async (file) => {
    const bytes = await file.readFile();
    disturb(path);
    return bytes;
  });
  await expect(reading).rejects.toMatchObject({ code });
});

test("a file over the limit is refused before it is read", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a.txt"), "");
  truncateSync(join(folder, "a.txt"), 65 * 1024 * 1024);
  await expect(readWhole(folder, "a.txt")).rejects.toMatchObject({
    code: "FILE_TOO_LARGE",
    message: expect.stringContaining("65 MiB; 64 MiB"),
  });
});

/** As some programs do: the file says that it was written long ago. */
function dateBack(path: string): void {
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}

function shortenUnseen(path: string): void {
  truncateSync(path, 1);
  dateBack(path);
}
