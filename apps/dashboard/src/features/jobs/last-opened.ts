/** Which job was opened from a list, so that the way back ends at its row. */

let opened: string | null = null;

export const rememberOpened = (key: string): void => {
  opened = key;
};

/** True if the page before this one is such a list. */
export const wasOpened = (): boolean => opened !== null;

/** Answers once. */
export function takeOpened(): string | null {
  const key = opened;
  opened = null;
  return key;
}
