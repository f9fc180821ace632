import { DEFAULTS } from "@jobyard/core";
import { sendMail } from "./fixtures/jobs.ts";
import { expect, test } from "./fixtures/test.ts";

test("a search that stops says what it searched, and goes on with older jobs", async ({
  page,
  yard,
  queue,
  mail,
  signIn,
}) => {
  await mail("needle@example.com");
  const others = Array.from({ length: DEFAULTS.searchRows + 2_000 }, (_, n) => ({ to: `customer-${n}@example.com` }));
  await yard.enqueueMany(sendMail, others, { queue });
  await signIn("operator");
  await page.goto(`/jobs?q=queue:${queue} payload.to:needle@example.com`);
  await expect(page.getByText("No job matches so far")).toBeVisible();
  const searched = page.getByText(/nothing older was looked at/);
  await expect(searched).toHaveText(/^Searched the newest [\d,]+ of about 102,000 jobs; nothing older/);
  const older = page.getByRole("button", { name: "Search older" });
  // A busy machine stops a search by its time, before it has seen as many jobs as it may.
  await expect(async () => {
    if (await older.isVisible()) await older.click();
    await expect(page.getByRole("row")).toHaveCount(2, { timeout: 3_000 });
  }).toPass();
  await expect(searched).toBeHidden();
});

test("the oldest jobs are one step away, and so is the way back", async ({ page, yard, queue, signIn }) => {
  const ids = Array.from({ length: 120 }, (_, n) => `job-${String(n).padStart(3, "0")}`);
  for (const jobId of ids) await yard.enqueue(sendMail, { to: "a@example.com" }, { queue, jobId });
  await signIn("viewer");
  await page.goto(`/jobs?q=queue:${queue}`);
  const shown = page.locator("tbody td span[title^=job-]");
  await expect(shown.first()).toHaveText("job-119");
  await page.getByRole("button", { name: "Oldest" }).click();
  await expect(shown.last()).toHaveText("job-000");
  await expect(shown).toHaveCount(50);
  await expect(page.getByRole("button", { name: "Older" })).toBeDisabled();
  await page.getByRole("button", { name: "Newer", exact: true }).click();
  await expect(shown.last()).toHaveText("job-050");
  await page.getByRole("button", { name: "Newest" }).click();
  await expect(shown.first()).toHaveText("job-119");
});
