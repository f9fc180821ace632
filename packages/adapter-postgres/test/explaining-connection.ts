/** A connection that has every statement explained by the server while it runs, and adds up what it cost. */

import type { Connection } from "../src/connection.ts";
import type { None, Statement } from "../src/statement.ts";

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly "Temp Read Blocks": number;
  readonly Plans?: readonly PlanNode[];
}
export interface Explained {
  readonly Plan: PlanNode;
  readonly "Execution Time": number;
  readonly "Planning Time": number;
}

export interface Cost {
  statements: number;
  /** Pages of 8 KB that were touched, wherever they were. */
  buffers: number;
  /** Of the server. */
  ms: number;
  /** Tables that were read from end to end. */
  readonly scanned: Set<string>;
}

export class ExplainingConnection implements Connection {
  readonly #inner: Connection;
  cost: Cost = noCost();
  readonly texts: { readonly text: string; readonly buffers: number }[] = [];

  constructor(inner: Connection) {
    this.#inner = inner;
  }

  /** From now on. */
  reset(): void {
    this.cost = noCost();
    this.texts.length = 0;
  }

  async run<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<number> {
    await this.#explain(statement, parameters);
    return this.#inner.run(statement, parameters);
  }

  async get<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<R | undefined> {
    await this.#explain(statement, parameters);
    return this.#inner.get(statement, parameters);
  }

  async all<P extends object, R>(statement: Statement<P, R>, parameters: P): Promise<R[]> {
    await this.#explain(statement, parameters);
    return this.#inner.all(statement, parameters);
  }

  execute(statement: Statement<None>): Promise<void> {
    return this.#inner.execute(statement);
  }

  async #explain<P extends object, R>({ text }: Statement<P, R>, parameters: P): Promise<void> {
    const explain: Statement<P, { readonly "QUERY PLAN": string }> = {
      text: `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${text}`,
    };
    const row = await this.#inner.get(explain, parameters);
    const [explained] = JSON.parse(row?.["QUERY PLAN"] ?? "[]") as readonly Explained[];
    if (explained === undefined) throw new Error("the server explained nothing");
    const { Plan: plan } = explained;
    const buffers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] + plan["Temp Read Blocks"];
    const ms = explained["Execution Time"] + explained["Planning Time"];
    this.cost.statements += 1;
    this.cost.buffers += buffers;
    this.cost.ms += ms;
    this.texts.push({ text, buffers });
    note(plan, this.cost);
  }
}

export const noCost = (): Cost => ({ statements: 0, buffers: 0, ms: 0, scanned: new Set() });

/** Adds the tables that are read from end to end, and the indexes that are used. */
export function note(node: PlanNode, cost: Cost, indexes?: Set<string>): void {
  const { "Relation Name": table, "Index Name": index } = node;
  if (node["Node Type"] === "Seq Scan" && table !== undefined) cost.scanned.add(table);
  if (index !== undefined) indexes?.add(index);
  for (const child of node.Plans ?? []) note(child, cost, indexes);
}
