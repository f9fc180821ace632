import { join } from "node:path";
import type { NextConfig } from "next";

const workspace = join(import.meta.dirname, "../..");

/** What every answer carries. The content security policy has a nonce per answer and is set in src/proxy.ts. */
const headers = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Referrer-Policy", value: "no-referrer" },
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
  { key: "Cross-Origin-Resource-Policy", value: "same-origin" },
  { key: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()" },
];

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: workspace,
  turbopack: { root: workspace },
  poweredByHeader: false,
  reactStrictMode: true,
  typedRoutes: true,
  devIndicators: false,
  serverExternalPackages: ["better-sqlite3", "bullmq", "ioredis", "pg"],
  // The server resizes no images, so what would do that (sharp: 19 MB, for this platform only) stays out of the build.
  images: { unoptimized: true },
  outputFileTracingExcludes: { "**": ["../../node_modules/.pnpm/{sharp@,@img+}*/**"] },
  // Beyond this Next hands over a body that is cut off. A little over what the tRPC route takes, so that the route says so.
  experimental: { proxyClientMaxBodySize: "17mb" },
  headers: async () => [{ source: "/:path*", headers }],
};
export default config;
