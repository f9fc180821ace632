"use client";

import clsx from "clsx";
import { type ComponentProps, type ReactNode, useId } from "react";
import { Hint } from "./hint";

export type ButtonLook = "plain" | "primary" | "danger" | "quiet";

const LOOKS: Readonly<Record<ButtonLook, string>> = {
  plain: "border border-control/60 bg-raised text-ink hover:bg-hover",
  primary: "border border-transparent bg-ink text-on-ink hover:opacity-90",
  danger: "border border-transparent bg-failed text-on-ink hover:opacity-90",
  quiet: "border border-transparent text-ink-2 hover:bg-hover hover:text-ink",
};

/** The classes of a button, for what is none: a link. */
export const buttonClass = (look: ButtonLook = "plain"): string =>
  clsx(
    "inline-flex h-8 shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md px-2.5 font-medium transition-colors",
    "aria-disabled:cursor-not-allowed aria-disabled:opacity-50 disabled:cursor-not-allowed disabled:opacity-50",
    LOOKS[look],
  );

export interface ButtonProps extends ComponentProps<"button"> {
  readonly look?: ButtonLook;
  /** Why it cannot be used now. It stays focusable, so that the reason can be found. */
  readonly refused?: string | null;
}

export function Button({ look = "plain", refused = null, className, onClick, ...rest }: ButtonProps): ReactNode {
  const reasonId = useId();
  if (refused === null)
    return <button type="button" {...rest} onClick={onClick} className={clsx(buttonClass(look), className)} />;
  return (
    <>
      <Hint text={refused}>
        <button type="button" {...rest} aria-disabled aria-describedby={reasonId} className={clsx(buttonClass(look), className)} />
      </Hint>
      <span id={reasonId} className="sr-only">
        {refused}
      </span>
    </>
  );
}
