/**
 * Watches one folder and hands over each file once it is complete.
 *
 * Complete: two looks, `settleMs` apart and with no event between them, found the same size and time. The operating
 * system may miss events (network drives, full buffers), so the whole folder is looked through now and then too.
 */

import { type FSWatcher, watch as systemWatch } from "node:fs";
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isExcluded } from "./names.ts";
import { statOrNull } from "./stat.ts";

export interface WatchOptions {
  readonly folder: string;
  /** How long a file has to stay as it is. Default 300. */
  readonly settleMs?: number;
  /** How often the folder is looked through without an event. Default 10,000. */
  readonly rescanMs?: number;
  /**
   * Called for one file at a time. `again`: it was not complete after all, so wait for it once more. A rejection is
   * reported, and the file handed over again the next time that the folder is looked through.
   */
  readonly onFile: (fileName: string) => Promise<"done" | "again">;
  readonly onError: (error: unknown, doing: string) => void;
  /** How the operating system tells of changes. Default `fs.watch`. */
  readonly watch?: (folder: string, onEvent: (event: string, name: string | null) => void) => FSWatcher;
}

export interface Watch {
  /** Resolves once no file is in hand. */
  close(): Promise<void>;
}

/** Resolves once the folder is watched. What is in it already counts as new. The folder is made if it is missing. */
export async function watchFolder(options: WatchOptions): Promise<Watch> {
  const folderWatch = new FolderWatch(options);
  await folderWatch.open();
  return folderWatch;
}

interface Candidate {
  /** Size and time at the last look; `null` before the first. */
  readonly look: string | null;
  readonly timer: NodeJS.Timeout;
}

class FolderWatch implements Watch {
  readonly #options: Required<WatchOptions>;
  readonly #candidates = new Map<string, Candidate>();
  /** How each file looked when it was handed over: an unchanged one is not read again. */
  readonly #handed = new Map<string, string>();
  #inHand: Promise<void> = Promise.resolve();
  #watcher: FSWatcher | null = null;
  /** Of the folder that is watched: if it is removed and made again, the watch stays on the old one. */
  #inode = -1;
  #rescan: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = { settleMs: 300, rescanMs: 10_000, watch: systemWatch, ...options };
  }

  async open(): Promise<void> {
    await this.#watchFolder();
    await this.#lookThrough();
    this.#rescan = setInterval(() => void this.#lookThroughSafely(), this.#options.rescanMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#rescan);
    this.#watcher?.close();
    for (const { timer } of this.#candidates.values()) clearTimeout(timer);
    this.#candidates.clear();
    await this.#inHand;
  }

  async #watchFolder(): Promise<void> {
    const { folder, onError, watch } = this.#options;
    await mkdir(folder, { recursive: true });
    this.#watcher?.close();
    this.#watcher = watch(folder, (_event, name) =>
      name === null ? void this.#lookThroughSafely() : this.#touch(name),
    );
    this.#watcher.on("error", (error) => onError(error, `watching ${folder}`));
    this.#inode = (await stat(folder)).ino;
  }

  async #lookThroughSafely(): Promise<void> {
    try {
      await this.#lookThrough();
    } catch (error) {
      this.#options.onError(error, `looking through ${this.#options.folder}`);
    }
  }

  async #lookThrough(): Promise<void> {
    const { folder } = this.#options;
    const now = await statOrNull(folder);
    if (now?.ino !== this.#inode) await this.#watchFolder();
    for (const name of await readdir(folder)) if (!this.#candidates.has(name)) this.#touch(name);
  }

  /** Something happened to the file, or may have: the time it has to stay as it is begins anew. */
  #touch(name: string, look: string | null = null): void {
    if (this.#closed || isExcluded(name)) return;
    clearTimeout(this.#candidates.get(name)?.timer);
    const check = (): void =>
      void this.#check(name).catch((error: unknown) => {
        this.#candidates.delete(name);
        this.#options.onError(error, `looking at ${name}`);
      });
    this.#candidates.set(name, { look, timer: setTimeout(check, this.#options.settleMs) });
  }

  async #check(name: string): Promise<void> {
    const candidate = this.#candidates.get(name);
    const look = await lookAt(join(this.#options.folder, name));
    if (this.#candidates.get(name) !== candidate) return; // touched meanwhile, so it waits anew
    this.#candidates.delete(name);
    if (look === null) this.#handed.delete(name);
    else if (look === this.#handed.get(name)) return;
    else if (look === candidate?.look) this.#hand(name, look);
    else this.#touch(name, look);
  }

  #hand(name: string, look: string): void {
    this.#handed.set(name, look);
    this.#inHand = this.#inHand.then(async () => {
      if (this.#closed) return;
      try {
        if ((await this.#options.onFile(name)) === "done") return;
        this.#handed.delete(name);
        this.#touch(name);
      } catch (error) {
        this.#handed.delete(name);
        this.#options.onError(error, `taking in ${name}`);
      }
    });
  }
}

/** `null` if there is no such file, or it is a folder. */
async function lookAt(path: string): Promise<string | null> {
  const found = await statOrNull(path);
  return found?.isFile() ? `${found.size} ${found.mtimeMs} ${found.ino}` : null;
}
