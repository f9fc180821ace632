import { expect, test } from "vitest";
import { openAccounts } from "./accounts";
import { hashPassword } from "./passwords";

test("a password and its hash log in alike; a wrong one, or an unknown name, does not", {
  timeout: 60_000,
}, async () => {
  const accounts = await openAccounts([
    { name: "ana", role: "admin", secret: "pässword" },
    { name: "bo", role: "viewer", secret: await hashPassword("secret") },
  ]);
  expect(await accounts.check("ana", "pa\u0308ssword")).toMatchObject({ name: "ana", role: "admin" });
  expect(await accounts.check("bo", "secret")).toMatchObject({ role: "viewer" });
  expect(await accounts.check("bo", "Secret")).toBeNull();
  expect(await accounts.check("cy", "")).toBeNull();
});

test("another password is another stamp, the same one the same after a restart", { timeout: 60_000 }, async () => {
  const stampOf = async (secret: string) =>
    (await openAccounts([{ name: "ana", role: "admin", secret }])).find("ana")?.stamp;
  expect(await stampOf("one")).toBe(await stampOf("one"));
  expect(await stampOf("one")).not.toBe(await stampOf("two"));
});
