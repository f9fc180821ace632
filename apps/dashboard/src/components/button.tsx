"use client";

import clsx from "clsx";
import { type ComponentProps, type ReactNode, useId } from "react";
import { type ButtonLook, buttonClass } from "./button-class";
import { Hint } from "./hint";

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
        <button
          type="button"
          {...rest}
          aria-disabled
          aria-describedby={reasonId}
          className={clsx(buttonClass(look), className)}
        />
      </Hint>
      <span id={reasonId} className="sr-only">
        {refused}
      </span>
    </>
  );
}
