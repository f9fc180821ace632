/** What tests of the pages under `docs/` stand on: their text, their links, and folders in which their scripts run. */

export { describeLinks } from "./links.ts";
export { codeUnder, readPage, type Script, scriptsOf, sectionOf } from "./page.ts";
export { scriptFolder } from "./script-folder.ts";
