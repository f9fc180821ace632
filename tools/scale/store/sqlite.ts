/** The store as a SQLite file. */

import { sqliteAdapter } from "@jobyard/adapter-sqlite";
import { systemPorts } from "@jobyard/core";
import { fill, startOfHistory } from "./fill.ts";
import type { OpenStore } from "./full-store.ts";
import { kept } from "./kept.ts";

export const openSqlite: OpenStore = async ({ onProgress, ...wanted }) => {
  const path = await kept({
    ...{ backend: "sqlite", ...wanted },
    async make(file) {
      let now = startOfHistory();
      const ports = { ...systemPorts, now: () => now };
      const clock = {
        now: () => now,
        advance(ms: number): void {
          now += ms;
        },
      };
      const adapter = sqliteAdapter({ file, durability: "crash", ports });
      await fill(adapter, clock, {
        ...wanted,
        onProgress: (done) => onProgress(`made ${done} of ${wanted.jobs} jobs`),
      });
      await adapter.close();
    },
  });
  return { url: `sqlite:${path}`, path, hasIndexFor: () => true, close: async () => {} };
};
