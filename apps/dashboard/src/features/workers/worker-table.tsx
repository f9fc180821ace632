"use client";

import type { WorkerInfo } from "@jobyard/core";
import type { ReactNode } from "react";
import { Instant } from "@/components/instant";
import { rowClass, Table, Td, Th } from "@/components/table";

export function WorkerTable({ workers }: { readonly workers: readonly WorkerInfo[] }): ReactNode {
  return (
    <Table caption="Workers">
      <thead>
        <tr>
          <Th>Worker</Th>
          <Th className="max-sm:hidden">Queues</Th>
          <Th numeric>Running</Th>
          <Th numeric className="max-lg:hidden">
            Started
          </Th>
          <Th numeric>Heartbeat</Th>
        </tr>
      </thead>
      <tbody>
        {workers.map((worker) => {
          const running = worker.queues.reduce((sum, queue) => sum + queue.running, 0);
          const slots = worker.queues.reduce((sum, queue) => sum + queue.concurrency, 0);
          return (
            <tr key={worker.session} className={rowClass}>
              <Td className="py-2">
                <div className="break-all font-medium">{worker.name}</div>
                <div className="text-ink-2 text-xs">
                  {worker.host} · pid {worker.pid}
                </div>
              </Td>
              <Td className="text-ink-2 max-sm:hidden">{worker.queues.map(({ queue }) => queue).join(", ")}</Td>
              <Td numeric>
                {running} <span className="text-ink-2">of {slots}</span>
              </Td>
              <Td numeric className="text-ink-2 max-lg:hidden">
                <Instant at={worker.startedAt} />
              </Td>
              <Td numeric className="text-ink-2">
                <Instant at={worker.seenAt} />
              </Td>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}
