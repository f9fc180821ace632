/** `/healthz`: the process is alive. `/readyz`: it claims jobs, its store answers, and what that keeps in a crash. */

import { createServer, type Server, type ServerResponse } from "node:http";
import { QueueError, systemPorts, type Worker } from "@jobyard/core";
import type { DurabilityReport } from "./durability.ts";

export interface Health {
  /** The address that was taken; the port is the true one also if 0 was asked for. */
  readonly url: string;
  close(): Promise<void>;
}

/** Why this worker is not ready for work; `null` if it is. */
export function notReady(worker: Worker | null, leaseMs: number): string | null {
  if (worker === null) return "starting";
  const { state, lastContactAt } = worker.status;
  if (state !== "running") return state;
  const silentMs = lastContactAt === null ? Number.POSITIVE_INFINITY : systemPorts.monotonic() - lastContactAt;
  return silentMs > Math.max(LEAST_SILENCE_MS, leaseMs * SILENCE) ? "the store does not answer" : null;
}

/** The store is taken for away when it has not answered for that share of the lease: two heartbeats were missed. */
const SILENCE = 2 / 3;
/** A store may be that slow, however short the lease. */
const LEAST_SILENCE_MS = 2_000;

export interface HealthSources {
  readonly whyNotReady: () => string | null;
  /** `null`: there is nothing to be told of it. */
  readonly durability: () => DurabilityReport | null;
}

/** @throws QueueError `PORT_IN_USE`, `CONFIG_INVALID` if there is no such address here or it is forbidden */
export async function serveHealth(
  { host, port }: { readonly host: string; readonly port: number },
  sources: HealthSources,
): Promise<Health> {
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0];
    if (request.method !== "GET" && request.method !== "HEAD") answer(response, 405, { status: "only GET and HEAD" });
    else if (path === "/healthz") answer(response, 200, { status: "ok" });
    else if (path === "/readyz") answerReady(response, sources);
    else answer(response, 404, { status: "not found" });
  });
  await listen(server, host, port);
  return { url: addressOf(server), close: () => close(server) };
}

function answerReady(response: ServerResponse, { whyNotReady, durability }: HealthSources): void {
  const reason = whyNotReady();
  const told = durability();
  if (reason !== null) answer(response, 503, { status: "not ready", reason });
  else answer(response, 200, { status: "ready", ...(told !== null && { durability: told }) });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${JSON.stringify(body)}\n`);
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, host, port)));
    server.listen({ host, port }, resolve);
  });

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): QueueError {
  if (cause.code === "EADDRINUSE") return new QueueError("PORT_IN_USE", `${host}:${port}`, { field: "PORT", cause });
  const issues = [{ path: "HOST, PORT", message: `cannot listen on ${host}:${port}: ${cause.message}` }];
  return new QueueError("CONFIG_INVALID", "", { issues, cause });
}

/** Connections that a probe keeps open must not hold up the end. */
const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new QueueError("INTERNAL", "the health server has no port");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
