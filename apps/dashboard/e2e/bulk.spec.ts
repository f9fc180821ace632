import { sendMail } from "./fixtures/jobs.ts";
import { expect, isLive, test } from "./fixtures/test.ts";

test("everything that matches is counted, then moved, and later jobs are not touched", async ({
  page,
  yard,
  queue,
  work,
  signIn,
}) => {
  await yard.enqueueMany(
    sendMail,
    Array.from({ length: 70 }, (_, n) => ({ to: `customer-${n}` })),
    { queue, maxAttempts: 1 },
  );
  const worker = await work(queue);
  await expect.poll(async () => (await yard.board.queue(queue)).counts.dead.n).toBe(70);
  await worker.stop({ grace: 0 });
  await signIn("operator");
  await page.goto(`/jobs?q=state:dead queue:${queue}`);
  await isLive(page);
  await page.getByRole("checkbox", { name: "Select all on this page" }).check();
  await expect(page.getByText("50 selected")).toBeVisible();
  await page.getByRole("button", { name: "Select all 70 matching" }).click();
  await expect(page.getByText("All 70 jobs that match")).toBeVisible();
  await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Requeue" }).click();
  const dialog = page.getByRole("alertdialog");
  await expect(dialog).toContainText("Requeue 70 jobs?");
  await expect(dialog).toContainText("later are not touched");
  await dialog.getByRole("button", { name: "Requeue 70 jobs" }).click();
  await expect(dialog.getByText("Done: 70 jobs requeued.").last()).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).click();
  const { counts } = await yard.board.queue(queue);
  expect([counts.waiting.n, counts.dead.n]).toEqual([70, 0]);
});

test("the question counts what will be moved, not what is selected", async ({
  page,
  yard,
  queue,
  mail,
  deadMail,
  signIn,
}) => {
  await deadMail("customer-1");
  await mail("a@example.com");
  await mail("b@example.com");
  await signIn("operator");
  await page.goto(`/jobs?q=queue:${queue}`);
  await page.getByRole("checkbox", { name: "Select all on this page" }).check();
  await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Requeue" }).click();
  const dialog = page.getByRole("alertdialog");
  await expect(dialog).toContainText("Requeue 1 job?");
  await expect(dialog).toContainText("2 jobs cannot be requeued and stay as they are.");
  await dialog.getByRole("button", { name: "Requeue 1 job" }).click();
  await expect.poll(async () => (await yard.board.queue(queue)).counts.waiting.n).toBe(3);
});

test("a deletion of several wants the number typed", async ({ page, yard, queue, mail, signIn }) => {
  await mail("a@example.com");
  await mail("b@example.com");
  await signIn("admin");
  await page.goto(`/jobs?q=queue:${queue}`);
  await page.getByRole("checkbox", { name: "Select all on this page" }).check();
  await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Delete" }).click();
  const dialog = page.getByRole("alertdialog");
  const confirm = dialog.getByRole("button", { name: "Delete 2 jobs" });
  await expect(confirm).toBeDisabled();
  await dialog.getByLabel("Type 2 to confirm").fill("3");
  await expect(confirm).toBeDisabled();
  await dialog.getByLabel("Type 2 to confirm").fill("2");
  await confirm.click();
  await expect(page.getByText("2 jobs deleted")).toBeVisible();
  await expect.poll(async () => (await yard.board.count(`queue:${queue}`)).n).toBe(0);
});

test("pages follow one another without a gap, and the way back is the same page", async ({
  page,
  yard,
  queue,
  signIn,
}) => {
  const ids = Array.from({ length: 60 }, (_, n) => `job-${String(n).padStart(2, "0")}`);
  for (const jobId of ids) await yard.enqueue(sendMail, { to: "a@example.com" }, { queue, jobId });
  await signIn("viewer");
  await page.goto(`/jobs?q=queue:${queue}`);
  const shown = async (): Promise<string[]> =>
    (await page.locator("tbody td span[title^=job-]").allInnerTexts()).map((text) => text.trim());
  await expect(page.getByRole("row")).toHaveCount(51);
  const first = await shown();
  await page.getByRole("button", { name: "Older" }).click();
  await expect(page.getByRole("row")).toHaveCount(11);
  expect([...first, ...(await shown())]).toEqual([...ids].reverse());
  await page.getByRole("button", { name: "Newer" }).click();
  await expect(page.getByRole("row")).toHaveCount(51);
  expect(await shown()).toEqual(first);
});
