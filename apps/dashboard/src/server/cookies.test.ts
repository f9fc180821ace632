import { expect, test } from "vitest";
import { noSessionCookie, readSessionCookie, sessionCookie } from "./cookies";

const read = (cookie: string, https: boolean) => readSessionCookie(new Headers({ cookie }), { https });

test("behind TLS the cookie belongs to this host alone and travels encrypted only", () => {
  expect(sessionCookie("t0ken", { https: true })).toBe(
    "__Host-jobyard=t0ken; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200; Secure",
  );
  expect(noSessionCookie({ https: true })).toContain("Max-Age=0");
});

test("on plain http it has another name, and neither is taken for the other", () => {
  expect(sessionCookie("t0ken", { https: false })).toBe(
    "jobyard-session=t0ken; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200",
  );
  expect(read("a=b; jobyard-session=t0ken", false)).toBe("t0ken");
  expect(read("jobyard-session=t0ken", true)).toBeUndefined();
  expect(read("__Host-jobyard=t0ken", true)).toBe("t0ken");
  expect(read("xjobyard-session=t0ken; jobyard-session=", false)).toBeUndefined();
});
