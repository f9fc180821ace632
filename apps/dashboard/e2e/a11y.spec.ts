import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { renderPdf } from "./fixtures/jobs.ts";
import { expect, pageOf, stateOf, test } from "./fixtures/test.ts";

const THEMES = ["light", "dark"] as const;
const WIDTHS = [1280, 390] as const;

async function violations(page: Page): Promise<unknown[]> {
  // Otherwise axe opens an empty page each time, to bring together there what it found in the frames.
  expect(page.frames(), "a page without frames").toHaveLength(1);
  const { violations: found } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ["violations"] })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  return found.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => [html, failureSummary]) }));
}

for (const theme of THEMES)
  for (const width of WIDTHS)
    test(`no page has an axe violation: ${theme}, ${width} px`, async ({
      page,
      yard,
      queue,
      deadMail,
      work,
      signIn,
    }) => {
      test.setTimeout(120_000);
      const dead = await deadMail("customer-8");
      const done = await yard.enqueue(renderPdf, { orderId: 4711, lines: [{ sku: "A-1" }] }, { queue });
      await work(queue);
      await expect.poll(() => stateOf(yard, done)).toBe("completed");
      await yard.board.pause(queue, { actor: "ana", reason: "a look" });
      await page.setViewportSize({ width, height: 860 });
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });

      await page.goto("/login");
      expect(await violations(page), "login").toEqual([]);
      await signIn("admin");
      const pages: readonly (readonly [path: string, ready: string])[] = [
        ["/", "Needs attention"],
        ["/queues", queue],
        [`/queues/main/${queue}`, "Job types"],
        ["/workers", "Heartbeat"],
        [`/jobs?q=queue:${queue}`, "email.send"],
        ["/jobs?q=nonsense:1", "This search cannot be understood"],
        ["/jobs?q=queue:empty-as-can-be", "No job matches"],
        [pageOf(dead), "Last error"],
        [`${pageOf(done)}?tab=payload`, "4711"],
        [`${pageOf(done)}?tab=logs`, "rendering"],
        [`${pageOf(done)}?tab=options`, "Backoff"],
        [`/jobs/main/${queue}/no-such-job`, "There is no such job"],
      ];
      for (const [path, ready] of pages) {
        await page.goto(path);
        await expect(page.getByText(ready).first()).toBeVisible();
        expect(await violations(page), path).toEqual([]);
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
          `${path} is too wide`,
        ).toBeLessThanOrEqual(0);
      }

      await page.goto(`/jobs?q=queue:${queue}`);
      await page.getByRole("checkbox", { name: "Select all on this page" }).check();
      expect(await violations(page), "a selection").toEqual([]);
      await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Delete" }).click();
      await expect(page.getByRole("alertdialog")).toBeVisible();
      expect(await violations(page), "a bulk question").toEqual([]);
      await page.goto(pageOf(dead));
      await page.getByRole("button", { name: "Edit and requeue" }).click();
      await page.getByLabel("Payload", { exact: true }).fill("{");
      expect(await violations(page), "the editor").toEqual([]);
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
      expect(await violations(page), "the list of keys").toEqual([]);
    });
