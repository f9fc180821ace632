/** Two connections of one adapter: one for calls, one that listens. Each is made when it is needed. */

import { Calls } from "./calls.ts";
import { type Link, newLink } from "./connection.ts";
import { newEar } from "./driver.ts";
import type { CheckedOptions } from "./options.ts";
import { Subscriber, type SubscriberOptions } from "./subscriber.ts";
import { isCluster, isClusterClient } from "./target.ts";

export interface Connections {
  readonly calls: Calls;
  readonly subscriber: Subscriber;
  /** Waits a moment for what runs, then breaks off what is left. Twice is fine. */
  close(): Promise<void>;
}

/** Connects to nothing yet. */
export function newConnections(
  options: CheckedOptions,
  listening: Pick<SubscriberOptions, "channels" | "onMessage" | "onHearing">,
): Connections {
  const link = newLink(options, "calls");
  const calls = new Calls({ ...options, link });
  const subscriber = new Subscriber({ ...listening, ports: options.ports, open: () => openEar(options, link) });
  let closed: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    subscriber.close();
    await calls.settled();
    calls.close();
  };
  return {
    ...{ calls, subscriber },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** A client that is ready knows which nodes a cluster has now. */
async function openEar(options: CheckedOptions, link: Link): ReturnType<SubscriberOptions["open"]> {
  const client = isCluster(options.target) ? await link.ready() : null;
  const { random } = options.ports;
  const connectTimeoutMs = Math.min(EAR_CONNECT_MS, options.callTimeoutMs);
  return newEar(
    { target: options.target, connectionName: "jobyard-hints", connectTimeoutMs, random, pauseMs: () => 0 },
    client !== null && isClusterClient(client) ? client : null,
  );
}

const EAR_CONNECT_MS = 5_000;
