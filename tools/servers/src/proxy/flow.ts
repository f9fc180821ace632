/**
 * One direction of a connection: what comes from one socket goes to the other, in order and unchanged, at once, late,
 * or not at all. A flow that has lost bytes never goes on: there is no gap in what the other side reads.
 */

import type { Socket } from "node:net";

/**
 * `pass`: to the other side. `hold`: kept, and sent when the flow passes again, like packets that are sent anew.
 * `lose`: taken and forgotten, like a firewall that no longer knows the connection.
 */
export type Fate = "pass" | "hold" | "lose";

export interface FlowOptions {
  readonly source: Socket;
  /** Null: not connected yet, so everything waits for `connect`. */
  readonly target: Socket | null;
  readonly latencyMs: () => number;
  /** Sees every chunk before its fate is decided. */
  readonly onBytes?: (chunk: Buffer) => void;
}

export interface Flow {
  /** Whether bytes, or the end of the stream, were lost: the flow is dead for good. */
  readonly isBroken: boolean;
  setFate(fate: Fate): void;
  connect(target: Socket): void;
}

/** So much may wait in a flow before its source is read no further. */
const WAITING_LIMIT_BYTES = 1024 * 1024;

/** Null stands for the end of the stream. */
type Piece = { readonly bytes: Buffer | null; readonly dueAt: number };

export function createFlow({ source, target: first, latencyMs, onBytes }: FlowOptions): Flow {
  const waiting: Piece[] = [];
  let waitingBytes = 0;
  let fate: Fate = "pass";
  let target = first;
  let isBroken = false;
  let isFull = false;
  let timer: NodeJS.Timeout | undefined;

  const take = (bytes: Buffer | null): void => {
    if (bytes !== null) onBytes?.(bytes);
    if (fate === "lose") isBroken = true;
    if (isBroken) return;
    waiting.push({ bytes, dueAt: performance.now() + latencyMs() });
    waitingBytes += bytes?.length ?? 0;
    move();
  };

  const move = (): void => {
    clearTimeout(timer);
    while (fate === "pass" && target !== null && !isFull && !isBroken) {
      const [piece] = waiting;
      if (piece === undefined) break;
      const earlyMs = piece.dueAt - performance.now();
      if (earlyMs > 0) {
        timer = setTimeout(move, earlyMs);
        break;
      }
      waiting.shift();
      waitingBytes -= piece.bytes?.length ?? 0;
      send(target, piece.bytes);
    }
    if (waitingBytes > WAITING_LIMIT_BYTES && !isBroken) source.pause();
    else source.resume();
  };

  const send = (to: Socket, bytes: Buffer | null): void => {
    if (bytes === null) to.end();
    else isFull = !to.write(bytes);
  };

  const attach = (to: Socket): void => {
    target = to;
    to.on("drain", () => {
      isFull = false;
      move();
    });
  };

  if (first !== null) attach(first);
  source.on("data", take);
  source.on("end", () => take(null));
  return {
    get isBroken() {
      return isBroken;
    },
    setFate: (next) => {
      fate = next;
      // What was under way is lost with the rest.
      if (fate === "lose" && waiting.length > 0) isBroken = true;
      move();
    },
    connect: (to) => {
      attach(to);
      move();
    },
  };
}
