import { expect, isLive, pageOf, stateOf, test } from "./fixtures/test.ts";

test("find the dead job by a query, read its error, requeue it with an edited payload, watch it complete", async ({
  page,
  yard,
  queue,
  deadMail,
  work,
  signIn,
}) => {
  const job = await deadMail("customer-7");
  await signIn("operator");
  await page.goto("/jobs");
  const bar = page.getByRole("combobox", { name: "Search jobs" });
  await bar.fill(`status:dead`);
  await bar.press("Enter");
  await expect(
    page
      .getByText(/state/)
      .filter({ hasText: "BAD_QUERY" })
      .or(page.getByText(/"status:dead"/)),
  ).toBeVisible();

  await bar.fill(`state:dead queue:${queue} error:ECONNREFUSED payload.to:customer-7`);
  await bar.press("Enter");
  const row = page.getByRole("row").filter({ hasText: "email.send" });
  await expect(row).toHaveCount(1);
  await row.getByRole("link", { name: "email.send" }).click();

  await expect(page).toHaveURL(new RegExp(`${job.id}$`));
  await expect(page.getByText("connect ECONNREFUSED: no mail server for customer-7").first()).toBeVisible();
  await page.getByText("Stack", { exact: true }).first().click();
  await expect(page.getByRole("region", { name: "Stack" })).toContainText("at ");
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await isLive(page);

  await page.getByRole("button", { name: "Edit and requeue" }).click();
  const editor = page.getByLabel("Payload", { exact: true });
  await editor.fill('{ "to": "customer-7@example.com", }');
  await expect(page.getByText("Line 1, column 35")).toBeVisible();
  await editor.fill('{ "to": "customer-7@example.com" }');
  await work(queue);
  await page.getByRole("button", { name: "Requeue with this payload" }).click();

  await expect(page.getByTestId("phase")).toHaveText("completed");
  expect(await page.evaluate(() => "sameDocument" in window)).toBe(true);
  expect((await yard.board.job(job))?.payload).toBe('{ "to": "customer-7@example.com" }');
  await expect(page.getByRole("rowheader", { name: /^Requeued/ })).toHaveCount(1);
  await page.getByRole("tab", { name: "Result" }).click();
  await expect(page.getByRole("region", { name: "Result" })).toContainText('"delivered": true');
  await page.getByRole("tab", { name: "Events" }).click();
  await expect(page.getByText("by olga · with another payload")).toBeVisible();
});

test("by keyboard alone: search, select, requeue", async ({ page, yard, queue, deadMail, work, signIn }) => {
  const first = await deadMail("customer-1");
  const second = await deadMail("customer-2");
  await signIn("operator");
  await page.goto("/");
  await isLive(page);
  await page.keyboard.press("g");
  await page.keyboard.press("j");
  await expect(page.getByRole("heading", { level: 1, name: "Jobs" })).toBeVisible();
  await page.keyboard.press("/");
  await expect(page.getByRole("combobox")).toBeFocused();
  await page.keyboard.type("sta");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.keyboard.type("dea");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.keyboard.type(`queue:${queue}`);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("row")).toHaveCount(3);
  await page.keyboard.press("Escape");

  await work(queue);
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("Shift+X");
  await expect(page.getByText("2 selected")).toBeVisible();
  await page.keyboard.press("r");
  const dialog = page.getByRole("alertdialog");
  await expect(dialog).toContainText("Requeue 2 jobs?");
  await dialog.getByRole("button", { name: "Requeue 2 jobs" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("2 jobs requeued")).toBeVisible();
  // They fail again, because nothing was repaired: more attempts were made than before.
  for (const ref of [first, second])
    await expect.poll(async () => (await yard.board.attempts(ref)).length).toBeGreaterThan(2);
});

test("Enter opens the row, r requeues the job, Undo takes it back", async ({ page, yard, queue, deadMail, signIn }) => {
  const job = await deadMail("customer-3");
  await signIn("operator");
  await page.goto(`/jobs?q=queue:${queue}`);
  await isLive(page);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`${pageOf(job)}$`));
  await expect(page.getByTestId("phase")).toHaveText("dead");
  await page.keyboard.press("r");
  await expect(page.getByText("1 job requeued")).toBeVisible();
  await expect(page.getByTestId("phase")).toHaveText("waiting");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByTestId("phase")).toHaveText("dead");
  expect(await stateOf(yard, job)).toBe("dead");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("row").filter({ hasText: "email.send" }).getByRole("link")).toBeFocused();
});

test("a running job is asked to stop, and a deleted one comes back", async ({ page, yard, queue, work, signIn }) => {
  const { importBatch } = await import("./fixtures/jobs.ts");
  const job = await yard.enqueue(importBatch, { file: "a.csv" }, { queue });
  await work(queue);
  await signIn("admin");
  await page.goto(pageOf(job));
  await expect(page.getByTestId("phase")).toHaveText("active");
  await expect(page.getByRole("progressbar")).toBeVisible();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await expect(page.getByText("1 asked to stop")).toBeVisible();
  await expect(page.getByTestId("phase")).toHaveText("cancelled");

  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByText("1 job deleted")).toBeVisible();
  expect(await yard.board.job(job)).toBeNull();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => stateOf(yard, job)).toBe("cancelled");
});

test("a scheduled job is made due", async ({ page, yard, mail, queue, work, signIn }) => {
  const job = await mail("later@example.com", { delay: "2h" });
  await work(queue);
  await signIn("operator");
  await page.goto(pageOf(job));
  await expect(page.getByTestId("phase")).toHaveText("scheduled");
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByTestId("phase")).toHaveText("completed");
  expect(await stateOf(yard, job)).toBe("completed");
});
