/** Reads a password from standard input and prints its hash for JOBYARD_DASHBOARD_USERS. Same form as src/server/passwords.ts. */
import { randomBytes, scryptSync } from "node:crypto";
import { text } from "node:stream/consumers";

const COST = { N: 32_768, r: 8, p: 3, maxmem: 128 * 1_024 * 1_024 };

if (process.stdin.isTTY) process.stderr.write("Type the password, then Enter and Ctrl+D:\n");
const password = (await text(process.stdin)).replace(/\r?\n$/, "");
if (password === "") {
  process.stderr.write(
    "error[USAGE]: No password came in. Try: printf %s 'my password' | npx @jobyard/dashboard --hash-password\n",
  );
  process.exit(2);
}
const salt = randomBytes(16);
const hash = scryptSync(password.normalize("NFKC"), salt, 32, COST);
process.stdout.write(
  `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString("base64url")}$${hash.toString("base64url")}\n`,
);
