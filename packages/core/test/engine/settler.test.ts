/** How settlements travel: in batches, at most two at a time, and none is lost or answered twice. */

import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Settled, Settlement } from "../../src/contract/adapter.ts";
import { createSettler, type Settler } from "../../src/engine/worker/run/settler.ts";
import type { Shift } from "../../src/engine/worker/shift.ts";
import { QueueError } from "../../src/nouns/errors.ts";
import { type ManualPorts, manualPorts } from "../../src/testing/manual-ports.ts";
import { turns, until } from "./stage.ts";

interface Flight {
  readonly ids: readonly string[];
  readonly land: (error?: Error) => void;
}

interface Desk {
  readonly ports: ManualPorts;
  readonly settler: Settler;
  /** Batches on their way, the oldest first. */
  readonly flights: Flight[];
  readonly answered: string[];
  push(from: number, to: number): void;
}

/** A store that answers when it is told to. */
function desk(): Desk {
  const ports = manualPorts();
  const flights: Flight[] = [];
  const answered: string[] = [];
  const settle = async (settlements: readonly Settlement[]): Promise<readonly Settled[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const flight: Flight = {
      ids: settlements.map(({ lease }) => lease.ref.id),
      land: (error) => {
        flights.splice(flights.indexOf(flight), 1);
        if (error === undefined) resolve();
        else reject(error);
      },
    };
    flights.push(flight);
    await promise;
    return settlements.map(() => ({ ok: true }) as Settled);
  };
  const shift = { adapter: { leaser: { settle } }, ports, report: () => {} } as unknown as Shift;
  const settler = createSettler(shift);
  const push = (id: string): void => {
    const lease = { ref: { queue: "default", id }, epoch: 0, token: "t", session: "s" };
    const settlement: Settlement = { lease, guard: "held", decision: { move: "complete", result: null } };
    settler.push({ settlement, done: () => answered.push(id) });
  };
  return {
    ...{ ports, settler, flights, answered },
    push: (from, to) => {
      for (let n = from; n < to; n++) push(String(n));
    },
  };
}

const ids = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

test("what comes in little by little is gathered while a batch is on its way", async () => {
  const { flights, push, answered } = desk();
  push(0, 1);
  await turns(2);
  push(1, 400);
  await turns(2);
  expect(flights.map(({ ids }) => ids)).toEqual([["0"]]);
  flights[0]?.land();
  await turns(2);
  expect(flights.map(({ ids }) => ids)).toEqual([ids(1, 400)]);
  flights[0]?.land();
  await turns(2);
  expect(answered).toEqual(ids(0, 400));
});

test("a second batch flies as soon as it is full, and never a third", async () => {
  const { flights, push, answered, settler } = desk();
  push(0, 1_700);
  await turns(2);
  expect(flights.map(({ ids }) => ids)).toEqual([ids(0, 500), ids(500, 1_000)]);
  flights[1]?.land();
  await turns(2);
  expect(flights.map(({ ids }) => ids)).toEqual([ids(0, 500), ids(1_000, 1_500)]);
  flights[1]?.land();
  await turns(2);
  expect(flights.map(({ ids }) => ids)).toEqual([ids(0, 500)]);
  flights[0]?.land();
  await turns(2);
  const idle = settler.idle();
  expect(flights.map(({ ids }) => ids)).toEqual([ids(1_500, 1_700)]);
  flights[0]?.land();
  await idle;
  expect(answered.toSorted((a, b) => Number(a) - Number(b))).toEqual(ids(0, 1_700));
});

test("of two batches one is lost: it goes again after a pause, and each job is answered once", async () => {
  const { flights, push, answered, ports, settler } = desk();
  push(0, 1_200);
  await turns(2);
  flights[0]?.land(new QueueError("STORE_UNAVAILABLE", "gone"));
  flights[0]?.land();
  await turns(2);
  expect(flights).toEqual([]);
  expect(answered).toEqual(ids(500, 1_000));
  const idle = settler.idle();
  await until(() => {
    ports.advance(1_000);
    for (const flight of [...flights]) flight.land();
    return answered.length === 1_200;
  });
  await idle;
  expect(new Set(answered).size).toBe(1_200);
  await setImmediate();
  expect(answered).toHaveLength(1_200);
});
