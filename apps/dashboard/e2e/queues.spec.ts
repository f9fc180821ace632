import { expect, isLive, stateOf, test } from "./fixtures/test.ts";

test("pause a queue, see that nothing starts, resume it", async ({ page, yard, queue, mail, work, signIn }) => {
  await mail("first@example.com");
  await work(queue);
  await signIn("operator");
  await page.goto(`/queues/main/${queue}`);
  await isLive(page);
  await page.getByRole("button", { name: "Pause" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/Reason/).fill("maintenance window");
  await dialog.getByRole("button", { name: "Pause queue" }).click();
  await expect(page.getByText("by olga: maintenance window")).toBeVisible();
  expect((await yard.board.queue(queue)).paused).toMatchObject({ by: "olga", reason: "maintenance window" });

  const job = await mail("second@example.com");
  await expect(page.getByRole("listitem").filter({ hasText: "Waiting" })).toContainText("1");
  expect(await stateOf(yard, job)).toBe("waiting");
  await page.goto("/");
  await expect(page.getByRole("link", { name: new RegExp(`^${queue} was paused`) })).toBeVisible();

  await page.goto(`/queues/main/${queue}`);
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect.poll(() => stateOf(yard, job)).toBe("completed");
});

test("overview and queues tell what needs a look, and lead there", async ({ page, queue, deadMail, signIn }) => {
  await deadMail("customer-9");
  await signIn("viewer");
  await page.goto("/");
  await page.getByRole("link", { name: new RegExp(`^${queue} has 1 job that failed for good`) }).click();
  await expect(page.getByRole("combobox")).toHaveValue(`state:dead queue:${queue}`);
  await expect(page.getByRole("row").filter({ hasText: "email.send" })).toHaveCount(1);
  await page.goto("/queues");
  await page.getByRole("link", { name: `1 dead in ${queue}` }).click();
  await expect(page.getByRole("row").filter({ hasText: "email.send" })).toHaveCount(1);
});
