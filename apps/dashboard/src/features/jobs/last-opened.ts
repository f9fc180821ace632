/** Which job was opened from a list, so that the way back ends at its row. */

let opened: string | null = null;

export const rememberOpened = (key: string): void => {
  opened = key;
};

/** Answers once. */
export function takeOpened(): string | null {
  const key = opened;
  opened = null;
  return key;
}
