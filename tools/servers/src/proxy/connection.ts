/** A client's connection through the proxy: two sockets, and a flow in each direction that share one fate. */

import { connect, type Socket } from "node:net";
import { createFlow, type Fate } from "./flow.ts";

/** What a test may know of a connection, to choose by. */
export interface ProxyConnection {
  /** 1 for the first that was accepted. */
  readonly id: number;
  /** What the client has sent, up to the first 64 KiB. */
  readonly firstBytes: Buffer;
  /** The last that the proxy's `tag` has said about this client's bytes. */
  readonly tag: string | undefined;
  /** What becomes of its bytes now. */
  readonly fate: Fate;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionOptions {
  readonly id: number;
  readonly client: Socket;
  readonly to: Address;
  readonly latencyMs: () => number;
  readonly fateOf: (connection: ProxyConnection) => Fate;
  readonly tag: (chunk: Buffer) => string | undefined;
  readonly onClose: () => void;
}

export interface Connection extends ProxyConnection {
  /** Asks again for its fate. */
  reconsider(): void;
  /** RST on both sides. */
  cut(): void;
}

const FIRST_BYTES = 64 * 1024;

export function createConnection(options: ConnectionOptions): Connection {
  const { id, client, to, latencyMs } = options;
  let firstBytes: Buffer = Buffer.alloc(0);
  let tag: string | undefined;
  let fate: Fate = "pass";
  let upstream: Socket | null = null;
  /** A reset that the other side has not heard of, as nothing gets through. */
  let isResetPending = false;

  const reconsider = (): void => {
    const next = options.fateOf(connection);
    // Lost bytes are not made up for: such a connection stays dead, as a client behind a real network would find it.
    fate = isBroken() && next !== "lose" ? "lose" : next;
    if (fate === "pass" && isResetPending) cut();
    if (fate === "pass" && !client.destroyed) upstream ??= dial();
    up.setFate(fate);
    down?.setFate(fate);
  };
  const note = (chunk: Buffer): void => {
    const room = FIRST_BYTES - firstBytes.length;
    if (room > 0) firstBytes = Buffer.concat([firstBytes, chunk.subarray(0, room)]);
    tag = options.tag(chunk) ?? tag;
    reconsider();
  };
  const up = createFlow({ source: client, target: null, latencyMs, onBytes: note });
  let down: ReturnType<typeof createFlow> | undefined;
  const isBroken = (): boolean => up.isBroken || down?.isBroken === true;

  const dial = (): Socket => {
    const socket = connect({ ...to, allowHalfOpen: true, noDelay: true });
    down = createFlow({ source: socket, target: client, latencyMs });
    up.connect(socket);
    watch(socket);
    return socket;
  };
  const watch = (socket: Socket): void => {
    // An error is followed by close, which is where it is passed on.
    socket.on("error", () => undefined);
    socket.on("close", (hadError) => {
      if (hadError && fate === "pass") cut();
      else if (hadError) isResetPending = true;
      if (client.destroyed && upstream?.destroyed !== false) options.onClose();
    });
  };
  const cut = (): void => {
    client.resetAndDestroy();
    upstream?.resetAndDestroy();
  };

  const connection: Connection = {
    id,
    get firstBytes() {
      return firstBytes;
    },
    get tag() {
      return tag;
    },
    get fate() {
      return fate;
    },
    reconsider,
    cut,
  };
  watch(client);
  reconsider();
  return connection;
}
