/** How buttons look, also for what is none: links, triggers of menus. */

import clsx from "clsx";

export type ButtonLook = "plain" | "primary" | "danger" | "quiet" | "offer";

const LOOKS: Readonly<Record<ButtonLook, string>> = {
  plain: "border border-control/60 bg-raised text-ink hover:bg-hover",
  primary: "border border-transparent bg-ink text-on-ink hover:opacity-90",
  danger: "border border-transparent bg-failed text-on-ink hover:opacity-90",
  quiet: "border border-transparent text-ink-2 hover:bg-hover hover:text-ink",
  /** As quiet, but it is what most will want next. */
  offer: "border border-transparent text-focus hover:bg-hover",
};

/** The classes of a button, for what is none: a link. */
export const buttonClass = (look: ButtonLook = "plain"): string =>
  clsx(
    "inline-flex h-8 shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md px-2.5 font-medium transition-colors",
    "aria-disabled:cursor-not-allowed aria-disabled:opacity-50 disabled:cursor-not-allowed disabled:opacity-50",
    LOOKS[look],
  );
