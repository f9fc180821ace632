/** What a job's progress says of how far it is. */

/**
 * From 0 to 1, if the text is `{done, total}`, `{percent}` or a number up to 100; else `null`.
 *
 * @param text - JSON, any that the handler reported
 */
export function shareOf(text: string): number | null {
  const value: unknown = JSON.parse(text);
  if (typeof value === "number") return clamp(value / 100);
  if (typeof value !== "object" || value === null) return null;
  const { done, total, percent } = value as Readonly<Record<string, unknown>>;
  if (typeof percent === "number") return clamp(percent / 100);
  return typeof done === "number" && typeof total === "number" && total > 0 ? clamp(done / total) : null;
}

const clamp = (share: number): number | null => (Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : null);
