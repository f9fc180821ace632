/** Text without the colours and cursor moves of terminals. */

const ESCAPE = String.fromCharCode(27);
const SEQUENCES = new RegExp(
  `${ESCAPE}(?:\\[[0-9;?]*[A-Za-z]|\\][^${ESCAPE}\\u0007]*(?:\\u0007|${ESCAPE}\\\\)|[@-Z\\\\-_])`,
  "g",
);

export const stripAnsi = (text: string): string => (text.includes(ESCAPE) ? text.replace(SEQUENCES, "") : text);
