/**
 * Prisma's client without a model, as `prisma generate` writes it for a schema that is nothing but a `datasource`.
 * To generate it needs the command line tool, and that the network; the client and its compiler of queries need neither.
 */

import type { PrismaPg } from "@prisma/adapter-pg";
import { type GetPrismaClientConfig, getPrismaClient } from "@prisma/client/runtime/client";
import type { PrismaTransaction } from "../src/index.ts";

interface Prisma extends PrismaTransaction {
  $transaction<T>(work: (tx: PrismaTransaction) => Promise<T>): Promise<T>;
  $disconnect(): Promise<void>;
}

type Wasm = NonNullable<GetPrismaClientConfig["compilerWasm"]>;

/** Without types of their own. */
const RUNTIME = "@prisma/client/runtime/query_compiler_fast_bg.postgresql";

const compilerWasm: Wasm = {
  getRuntime: () => import(`${RUNTIME}.mjs`) as ReturnType<Wasm["getRuntime"]>,
  getQueryCompilerWasmModule: async () => {
    const { wasm } = (await import(`${RUNTIME}.wasm-base64.mjs`)) as { readonly wasm: string };
    return new WebAssembly.Module(Buffer.from(wasm, "base64"));
  },
  importName: "./query_compiler_fast_bg.js",
};

/** The types of Node.js leave it out. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

/** The options of Prisma's own are wider; a client without models needs no more. */
export const PrismaClient = getPrismaClient({
  previewFeatures: [],
  clientVersion: "7.10.0",
  engineVersion: "",
  activeProvider: "postgresql",
  inlineSchema: 'datasource db {\n  provider = "postgresql"\n}\n',
  runtimeDataModel: { models: {}, enums: {}, types: {} },
  parameterizationSchema: { strings: [], graph: "AAAA" },
  compilerWasm,
}) as unknown as new (options: {
  readonly adapter: PrismaPg;
}) => Prisma;
