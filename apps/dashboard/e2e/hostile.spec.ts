import { expect, pageOf, test } from "./fixtures/test.ts";

const MARKUP = '<img src=x onerror="window.hacked = 1">';

test("markup in every text field of a job stays text", async ({ page, yard, work, signIn, queue }) => {
  const hostileQueue = `<b>${queue}</b> / ?#% 🦊`;
  const [receipt] = await yard.enqueueRaw([
    {
      name: MARKUP,
      payload: JSON.stringify({ [MARKUP]: MARKUP }),
      options: { queue: hostileQueue, jobId: "<script>alert(1)</script>", tags: [MARKUP] },
    },
  ]);
  const { defineJob } = await import("@jobyard/core");
  const z = await import("zod");
  const bound = defineJob(MARKUP, { payload: z.looseObject({}), maxAttempts: 1 }).handler(async (_job, ctx) => {
    await ctx.log(`${MARKUP} \u001b[31mred\u001b[0m`);
    await ctx.progress({ note: MARKUP });
    throw new Error(MARKUP);
  });
  const worker = yard.worker({ jobs: [bound], name: MARKUP, queues: { [hostileQueue]: {} } });
  await worker.start();
  if (!receipt?.ok) throw new Error("The job was not accepted.");
  await expect.poll(async () => (await yard.board.job(receipt))?.state).toBe("dead");
  await signIn("admin");

  for (const path of [
    "/",
    "/queues",
    `/queues/main/${encodeURIComponent(hostileQueue)}`,
    "/workers",
    `/jobs?q=${encodeURIComponent(`queue:"${hostileQueue}"`)}`,
  ]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  }
  await expect(page.getByRole("link", { name: MARKUP })).toBeVisible();
  await page.goto(`/queues/main/${encodeURIComponent(hostileQueue)}`);
  await expect(page).toHaveTitle(`${hostileQueue} · Jobyard`);
  await page.goto(pageOf(receipt));
  await expect(page).toHaveTitle(`Job ${receipt.id} · Jobyard`);
  for (const tab of ["events", "payload", "errors", "logs", "options"]) {
    await page.goto(`${pageOf(receipt)}?tab=${tab}`);
    await expect(page.getByRole("heading", { level: 1 })).toContainText(MARKUP);
    await expect(page.getByRole("tabpanel")).toBeVisible();
  }
  await page.goto(`${pageOf(receipt)}?tab=logs`);
  await expect(page.getByRole("region", { name: "Logs" })).toContainText(`${MARKUP} red`);
  expect(await page.locator("img").count()).toBe(0);
  expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  await worker.stop({ grace: 0 });
  await work(queue);
});

test("large numbers and the order of keys are shown as they were written", async ({ page, yard, queue, signIn }) => {
  const payload = '{"zeta":12345678901234567890,"alpha":1.50,"__proto__":{"polluted":true},"alpha":2e3}';
  const [receipt] = await yard.enqueueRaw([{ name: "email.send", payload, options: { queue } }]);
  if (!receipt?.ok) throw new Error("The job was not accepted.");
  await signIn("operator");
  await page.goto(`${pageOf(receipt)}?tab=payload`);
  const tree = page.getByRole("region", { name: "Payload" });
  await expect(tree).toContainText('"zeta": 12345678901234567890');
  await expect(tree).toContainText('"alpha": 1.50');
  await expect(tree).toContainText('"alpha": 2e3');
  expect(await page.evaluate(() => (({}) as { polluted?: unknown }).polluted)).toBeUndefined();
});

test("an address that is no UTF-8 is refused", async ({ page, signIn }) => {
  await signIn("admin");
  for (const path of ["/queues/main/%ff", "/jobs/main/%E0%A4%A/x"])
    expect((await page.request.get(path)).status(), path).toBe(400);
});

test("every answer carries the headers that keep it safe", async ({ page, signIn }) => {
  await signIn("admin");
  const paths = [
    "/",
    "/login",
    "/jobs",
    "/jobs/main/mail/no-such-job",
    "/queues",
    "/queues/main/mail",
    "/workers",
    "/api/health",
    "/api/trpc/session.me",
    "/api/trpc/no.such",
    "/no-such-page",
    "/icon.svg.html",
    "/_next/staticx",
    "/queues/main/%ff",
  ];
  for (const path of paths) {
    const response = await page.request.get(path, { maxRedirects: 0 });
    const headers = response.headers();
    expect(headers["content-security-policy"], path).toMatch(
      /default-src 'none'.*script-src 'self' 'nonce-\w+' 'strict-dynamic';.*frame-ancestors 'none'/,
    );
    expect(headers["content-security-policy"], path).not.toContain("unsafe-eval");
    expect(headers, path).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    });
    expect(headers["cache-control"], path).toContain("no-store");
    expect(headers["x-powered-by"], path).toBeUndefined();
  }
});
