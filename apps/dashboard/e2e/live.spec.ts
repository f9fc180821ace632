import { expect, isLive, test } from "./fixtures/test.ts";

test("rows stay where they are while jobs move on, and newcomers wait to be shown", async ({
  page,
  queue,
  mail,
  work,
  signIn,
}) => {
  const first = await mail("a@example.com");
  await signIn("viewer");
  await page.goto(`/jobs?q=state:waiting queue:${queue}`);
  await isLive(page);
  const rows = page.locator("tbody tr");
  await expect(rows).toHaveCount(1);
  const second = await mail("b@example.com");
  await expect(page.getByRole("button", { name: /1 new job · Show/ })).toBeVisible();
  await expect(rows).toHaveCount(1);
  await work(queue);
  // It no longer matches, and stays in its place with its new state.
  await expect(rows.first()).toContainText("completed");
  await expect(rows.first().getByTitle(first.id)).toBeVisible();
  await page.getByRole("button", { name: "All", exact: false }).first().click();
  await expect(rows).toHaveCount(2);
  await expect(rows.first().getByTitle(second.id)).toBeVisible();
});

test("without a stream the page polls, and says so", async ({ page, queue, mail, signIn, expectedFaults }) => {
  expectedFaults.push(/Failed to load resource|ERR_FAILED|EventSource/);
  await page.route("**/api/trpc/live.hints*", (route) => route.abort());
  await mail("a@example.com");
  await signIn("viewer");
  await page.goto(`/queues/main/${queue}`);
  await expect(page.locator("[data-live]")).toHaveAttribute("data-live", "polling", { timeout: 15_000 });
  await mail("b@example.com");
  await expect(page.getByRole("listitem").filter({ hasText: "Waiting" })).toContainText("2", { timeout: 15_000 });
});

test("a stream that is refused leaves no page behind: it polls", async ({ page, queue, mail, signIn }) => {
  const refusal = { code: -32_029, message: "Too many streams", data: { code: "TOO_MANY_REQUESTS", httpStatus: 429 } };
  const body = `event: connected\ndata: {}\n\nevent: serialized-error\ndata: ${JSON.stringify(refusal)}\n\n`;
  await page.route("**/api/trpc/live.hints*", (route) => route.fulfill({ contentType: "text/event-stream", body }));
  await mail("a@example.com");
  await signIn("viewer");
  await page.goto(`/queues/main/${queue}`);
  await expect(page.locator("[data-live]")).toHaveAttribute("data-live", "polling");
  await mail("b@example.com");
  await expect(page.getByRole("listitem").filter({ hasText: "Waiting" })).toContainText("2", { timeout: 15_000 });
});

test("paused by the reader, the page stays as it is", async ({ page, queue, mail, signIn }) => {
  await mail("a@example.com");
  await signIn("viewer");
  await page.goto(`/queues/main/${queue}`);
  await isLive(page);
  await page.keyboard.press("l");
  await expect(page.locator("[data-live]")).toHaveAttribute("data-live", "paused");
  await mail("b@example.com");
  await page.keyboard.press("l");
  await isLive(page);
  await expect(page.getByRole("listitem").filter({ hasText: "Waiting" })).toContainText("2");
});
