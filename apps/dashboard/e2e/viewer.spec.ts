import { callProcedure, expect, pageOf, stateOf, test } from "./fixtures/test.ts";

test("a viewer can neither requeue nor pause, by button or past it, and is told why", async ({
  page,
  yard,
  queue,
  deadMail,
  signIn,
}) => {
  const job = await deadMail("customer-5");
  await signIn("viewer");
  await page.goto(pageOf(job));
  const requeue = page.getByRole("button", { name: "Requeue", exact: true });
  await expect(requeue).toHaveAttribute("aria-disabled", "true");
  await expect(requeue).toHaveAccessibleDescription(/viewer.*job\.requeue/);
  await requeue.click({ force: true });
  await page.keyboard.press("r");
  const ref = { queue: job.queue, id: job.id };
  for (const [path, input] of [
    ["jobs.requeue", { backend: "main", refs: [ref] }],
    ["jobs.requeueEdited", { backend: "main", ref, payload: "{}", expectEpoch: 0 }],
    ["jobs.remove", { backend: "main", refs: [ref] }],
    ["queues.pause", { backend: "main", queue }],
    ["queues.resume", { backend: "main", queue }],
    ["operations.start", { backend: "main", q: "", move: "requeue", upTo: Date.now(), expected: 1 }],
  ] as const)
    expect(await callProcedure(page, path, input), path).toEqual({ status: 403, code: "FORBIDDEN" });
  expect(await stateOf(yard, job)).toBe("dead");

  await page.goto(`/queues/main/${queue}`);
  await expect(page.getByRole("button", { name: "Pause" })).toHaveAttribute("aria-disabled", "true");
  expect((await yard.board.queue(queue)).paused).toBeNull();
});

test("a viewer sees no payload and cannot find out by searching", async ({ page, queue, deadMail, signIn }) => {
  const job = await deadMail("secret-customer");
  await signIn("viewer");
  const html = await page.goto(`${pageOf(job)}?tab=payload`);
  await expect(page.getByRole("tabpanel")).toContainText("it needs job.payload");
  expect(await html?.text()).not.toContain('\\"to\\"');
  await page.goto(`/jobs?q=queue:${queue} payload.to:secret-customer`);
  await expect(page.getByText(/cannot search in payloads/)).toBeVisible();
});

test("an operator cannot delete, alone or in bulk", async ({ page, yard, queue, deadMail, signIn }) => {
  const job = await deadMail("customer-6");
  await signIn("operator");
  await page.goto(pageOf(job));
  await expect(page.getByRole("button", { name: "Delete", exact: true })).toHaveAttribute("aria-disabled", "true");
  const bulk = { backend: "main", q: `queue:${queue}`, move: "remove", upTo: Date.now(), expected: 1 };
  expect(await callProcedure(page, "operations.start", bulk)).toEqual({ status: 403, code: "FORBIDDEN" });
  expect(await stateOf(yard, job)).toBe("dead");
});

test("nobody gets anything without a login", async ({ page }) => {
  await page.goto("/login");
  expect(await callProcedure(page, "jobs.requeue", { backend: "main", refs: [{ queue: "a", id: "b" }] })).toEqual({
    status: 401,
    code: "LOGIN_REQUIRED",
  });
  const list = await page.request.get(
    `/api/trpc/jobs.list?input=${encodeURIComponent(JSON.stringify({ backend: "main", q: "", cursor: null }))}`,
  );
  expect(list.status()).toBe(401);
  const stream = await page.request.get("/api/trpc/live.hints", { headers: { accept: "text/event-stream" } });
  expect(await stream.text()).not.toContain("queues");
});
