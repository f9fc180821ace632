/** Where the store is: one server, the primary that sentinels name, a cluster, or wherever a client leads to. */

import type { Cluster, Redis } from "ioredis";

export interface Node {
  readonly host: string;
  readonly port: number;
}

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** What all connections over the network have in common. */
export interface Reach extends Credentials {
  /** The certificate is verified, for the name of the host. */
  readonly tls: boolean;
  /** PEM; those of Node and `NODE_EXTRA_CA_CERTS` if there is none. */
  readonly ca?: string;
  /** 0: what the name of the host gives. */
  readonly family: 0 | 4 | 6;
}

export type Target =
  | (Reach & { readonly kind: "server"; readonly node: Node; readonly db: number })
  | (Reach & {
      readonly kind: "sentinels";
      readonly nodes: readonly Node[];
      /** What the sentinels call the primary. */
      readonly name: string;
      readonly db: number;
      readonly sentinel: Credentials;
    })
  | (Reach & { readonly kind: "cluster"; readonly nodes: readonly Node[] })
  | { readonly kind: "client"; readonly client: Redis | Cluster };

export const isCluster = (target: Target): boolean =>
  target.kind === "cluster" || (target.kind === "client" && target.client.isCluster);

/** For messages; never with user or password: `db.example:6379/0`. */
export function placeOf(target: Target): string {
  switch (target.kind) {
    case "server":
      return `${nodeText(target.node)}/${target.db}`;
    case "sentinels":
      return `${target.name} of ${target.nodes.map(nodeText).join(",")}/${target.db}`;
    case "cluster":
      return target.nodes.map(nodeText).join(",");
    case "client":
      return placeOfClient(target.client);
  }
}

const nodeText = ({ host, port }: Node): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

function placeOfClient(client: Redis | Cluster): string {
  if (isClusterClient(client)) return "the cluster of the given client";
  const { host, port, path, db, sentinels, name } = client.options;
  if (sentinels != null) return `${name ?? ""} of the given client's sentinels/${db ?? 0}`;
  return path == null
    ? `${nodeText({ host: host ?? "localhost", port: port ?? 6379 })}/${db ?? 0}`
    : `${path}/${db ?? 0}`;
}

export const isClusterClient = (client: Redis | Cluster): client is Cluster => client.isCluster;
