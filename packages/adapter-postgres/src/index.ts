/** Jobyard on Postgres, through pg. */

export { postgresAdapter } from "./adapter.ts";
export type { Answer, Executor } from "./connection.ts";
export { dropPostgresSchema } from "./drop.ts";
export { SCHEMA_VERSION } from "./migrate.ts";
export type { PostgresOptions } from "./options.ts";
export {
  type DrizzleSql,
  type DrizzleTransaction,
  fromDrizzle,
  fromKnex,
  fromKysely,
  fromPrisma,
  type KnexTransaction,
  type KyselyTransaction,
  type PrismaTransaction,
} from "./shims.ts";
export { parsePostgresUrl } from "./url.ts";
