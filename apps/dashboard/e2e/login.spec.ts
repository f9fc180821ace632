import { accountOf } from "./fixtures/accounts.ts";
import { expect, test } from "./fixtures/test.ts";

const ada = accountOf("admin");
const REFUSED = /Failed to load resource.*(401|429)/;

test("a link leads through the login to where it pointed", async ({ page }) => {
  await page.goto("/jobs?q=state:dead");
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("Name").fill(ada.name);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page).toHaveURL(/\/jobs\?q=state(:|%3A)dead$/);
  await expect(page.getByRole("heading", { level: 1, name: "Jobs" })).toBeVisible();
});

test("the way back stays on this site", async ({ page }) => {
  await page.goto("/login?next=/%09/example.com/");
  await page.getByLabel("Name").fill(ada.name);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  // Who is logged in already is sent on by the server.
  for (const next of ["//example.com", "/%09/example.com", "/%0A/example.com", "/.//example.com", "/%5Cexample.com"]) {
    const answer = await page.request.get(`/login?next=${next}`, { maxRedirects: 0 });
    expect([answer.status(), answer.headers()["location"]], next).toEqual([307, "/"]);
  }
});

test("a wrong password and a wrong name are refused with the same words", async ({ page, expectedFaults }) => {
  expectedFaults.push(REFUSED);
  await page.goto("/login");
  const texts: (string | null)[] = [];
  for (const name of [ada.name, "nobody-here"]) {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page.getByText(/Name or password is wrong/)).toBeVisible();
    texts.push(await page.locator("#login-fault").textContent());
  }
  expect(texts[0]).toBe(texts[1]);
});

test("the tenth wrong try is told to wait, and so are those after it", async ({ page, baseURL, expectedFaults }) => {
  expectedFaults.push(REFUSED);
  const name = "guessed";
  // Saying to be somebody else each time does not help.
  const attempt = (tried: number) =>
    page.request.post("/api/auth/login", {
      data: { name, password: "wrong" },
      headers: { origin: baseURL ?? "", "x-forwarded-for": `10.0.0.${tried}`, "x-jobyard-peer": `10.0.0.${tried}` },
    });
  for (let tried = 1; tried <= 9; tried += 1) expect((await attempt(tried)).status()).toBe(401);

  await page.goto("/login");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill("wrong");
  const answer = page.waitForResponse("**/api/auth/login");
  await page.getByRole("button", { name: "Log in" }).click();
  const response = await answer;
  expect(response.status()).toBe(429);
  expect(Number(response.headers()["retry-after"])).toBeGreaterThan(60);
  await expect(page.getByText(/Too many tries/)).toBeVisible();
  expect((await attempt(11)).status()).toBe(429);
});

test("many tries at once are as many as one after another", async ({ page, baseURL }) => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      page.request.post("/api/auth/login", {
        data: { name: "guessed at once", password: "wrong" },
        headers: { origin: baseURL ?? "" },
      }),
    ),
  );
  const refused = answers.filter((answer) => answer.status() === 429);
  expect(refused.length).toBeGreaterThanOrEqual(11);
});

test("a body over the bound is refused, announced or not", async ({ page, signIn, baseURL }) => {
  await signIn("admin");
  const post = (path: string, bytes: number) =>
    page.request.post(path, {
      data: `"${"x".repeat(bytes)}"`,
      headers: { origin: baseURL ?? "", "content-type": "application/json" },
    });
  expect((await post("/api/auth/login", 5_000)).status()).toBe(413);
  expect((await post("/api/trpc/queues.pause", 17_000_000)).status()).toBe(413);
  // Within it, all of it arrives: it is the input that is wrong, not the JSON.
  const whole = await post("/api/trpc/queues.pause", 16_000_000);
  expect(whole.status()).toBe(400);
  expect(await whole.text()).toContain("expected object");
});

test("a session ends with the logout, and its cookie opens nothing afterwards", async ({
  page,
  signIn,
  expectedFaults,
}) => {
  expectedFaults.push(REFUSED, /ERR_ABORTED/);
  await signIn("admin");
  await page.goto("/");
  const cookies = await page.context().cookies();
  await page.getByRole("button", { name: ada.name }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/login/);
  await page.context().addCookies(cookies);
  await page.goto("/");
  await expect(page).toHaveURL(/\/login/);
});

test("a login takes no session over that it was handed", async ({ page, signIn, baseURL }) => {
  const planted = "A".repeat(43);
  await page.context().addCookies([{ name: "jobyard-session", value: planted, url: baseURL ?? "" }]);
  await signIn("admin");
  const [cookie] = (await page.context().cookies()).filter(({ name }) => name === "jobyard-session");
  expect(cookie?.value).not.toBe(planted);
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
});

test("another site's page can make no browser log in or change anything", async ({ page, signIn, baseURL }) => {
  await signIn("admin");
  const origin = baseURL ?? "";
  const pause = (headers: Record<string, string>, data: unknown = { backend: "main", queue: "mail" }) =>
    page.request.post("/api/trpc/queues.pause", {
      data: JSON.stringify(data),
      headers: { "content-type": "application/json", ...headers },
    });
  expect((await pause({ origin: "https://evil.example" })).status()).toBe(403);
  expect((await pause({})).status()).toBe(403);
  expect((await pause({ origin, "sec-fetch-site": "cross-site" })).status()).toBe(403);
  expect((await pause({ origin, "content-type": "text/plain" })).status()).toBe(403);
  expect((await page.request.get("/api/trpc/queues.pause?input=%7B%7D")).status()).toBe(405);
  expect(
    (
      await page.request.post("/api/auth/login", {
        data: { name: ada.name, password: ada.password },
        headers: { origin: "https://evil.example" },
      })
    ).status(),
  ).toBe(403);
});
