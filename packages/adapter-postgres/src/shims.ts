/**
 * Transactions of other libraries as `tx`: each of these makes an object with `query(text, values)` of one.
 *
 * They are typed by what they use of a library, so that none of them is a dependency. The same transaction gives the
 * same object, however often it is asked for: calls that share it wait for each other.
 */

import type { Answer, Executor } from "./connection.ts";

export interface KyselyTransaction {
  withoutPlugins(): {
    executeQuery(query: {
      readonly sql: string;
      readonly parameters: readonly unknown[];
      readonly query: {
        readonly kind: "RawNode";
        readonly sqlFragments: readonly string[];
        readonly parameters: readonly never[];
      };
      readonly queryId: { readonly queryId: string };
    }): Promise<{ readonly rows: readonly unknown[]; readonly numAffectedRows?: bigint | undefined }>;
  };
}

/**
 * Of Kysely's `db.transaction().execute(async (trx) => …)` and `db.startTransaction().execute()`, with any of its
 * dialects for Postgres. Its plugins are passed by: they are made for other tables.
 */
export const fromKysely = (trx: KyselyTransaction): Executor =>
  remembered(trx, async (sql, parameters) => {
    const node = { kind: "RawNode", sqlFragments: [sql], parameters: [] } as const;
    const query = { sql, parameters, query: node, queryId: { queryId: "jobyard" } };
    const { rows, numAffectedRows } = await trx.withoutPlugins().executeQuery(query);
    return { rows, rowCount: numAffectedRows === undefined ? null : Number(numAffectedRows) };
  });

/** What `execute` takes differs between Drizzle's versions; whatever it is, `sql` makes it. */
export interface DrizzleTransaction<Query> {
  execute(query: Query): PromiseLike<unknown>;
}
export type DrizzleSql<Query> = (texts: TemplateStringsArray, ...values: unknown[]) => Query;

/**
 * Of Drizzle's `db.transaction(async (tx) => …)`, with any of its drivers for Postgres.
 *
 * @param sql - Drizzle's own: `import { sql } from "drizzle-orm"`
 */
export const fromDrizzle = <Query>(tx: DrizzleTransaction<Query>, sql: DrizzleSql<Query>): Executor =>
  remembered(tx, async (text, values) => {
    const { texts, numbers } = divided(text, values);
    const answer = await tx.execute(sql(Object.assign(texts, { raw: texts }), ...inOrder(numbers, values)));
    // Some drivers answer with the list of rows, which has the count beside it.
    return Array.isArray(answer) ? { rows: answer, rowCount: countOf(answer) } : (answer as Answer);
  });

export interface KnexTransaction {
  raw(text: string, bindings: readonly (string | null)[]): PromiseLike<unknown>;
}

/** Of Knex's `knex.transaction(async (trx) => …)`. */
export const fromKnex = (trx: KnexTransaction): Executor =>
  remembered(trx, async (text, values) => {
    const { texts, numbers } = divided(text, values);
    const marked = texts.map((piece) => piece.replaceAll("?", "\\?")).join("?");
    return (await trx.raw(marked, inOrder(numbers, values))) as Answer;
  });

export interface PrismaTransaction {
  $queryRawUnsafe(text: string, ...values: unknown[]): PromiseLike<unknown>;
  $executeRawUnsafe(text: string, ...values: unknown[]): PromiseLike<number>;
}

/** Of Prisma's interactive transactions, `prisma.$transaction(async (tx) => …)`. */
export const fromPrisma = (tx: PrismaTransaction): Executor =>
  remembered(tx, async (text, values) =>
    ANSWERS_WITH_ROWS.test(text)
      ? { rows: (await tx.$queryRawUnsafe(text, ...values)) as readonly unknown[] }
      : { rows: [], rowCount: await tx.$executeRawUnsafe(text, ...values) },
  );

const ANSWERS_WITH_ROWS = /^\s*(?:SELECT|WITH|VALUES)\b|\bRETURNING\b/i;

type Query = (text: string, values: readonly (string | null)[]) => Promise<Answer>;

const executors = new WeakMap<object, Executor>();

function remembered(transaction: object, query: Query): Executor {
  const known = executors.get(transaction);
  if (known !== undefined) return known;
  // Values of ours travel as text: see dialect.ts.
  const executor: Executor = { query: (text, values) => query(text, values as (string | null)[]) };
  executors.set(transaction, executor);
  return executor;
}

/** The text around `$1`, `$2` …, and their numbers in the order in which they stand. */
function divided(
  text: string,
  { length }: readonly unknown[],
): { readonly texts: string[]; readonly numbers: readonly number[] } {
  // In the simple protocol values stand in the text itself, and may have such marks of their own.
  if (length === 0) return { texts: [text], numbers: [] };
  const pieces = text.split(/\$(\d+)/);
  return {
    texts: pieces.filter((_, index) => index % 2 === 0),
    numbers: pieces.filter((_, index) => index % 2 === 1).map(Number),
  };
}

const inOrder = (numbers: readonly number[], values: readonly (string | null)[]): (string | null)[] =>
  numbers.map((number) => values[number - 1] ?? null);

const countOf = (rows: object): number | null =>
  "count" in rows && typeof rows.count === "number" ? rows.count : null;
