"use client";

import type { ReactNode } from "react";
import { Panel } from "@/components/panel";
import { shareOf } from "./progress";

/** What a running job reported last: a bar if it is a share of something, and its own words. */
export function ProgressCard({ text }: { readonly text: string }): ReactNode {
  const share = shareOf(text);
  return (
    <Panel title="Progress" side={share === null ? undefined : `${Math.floor(share * 100)} %`}>
      <div className="flex flex-col gap-2 p-4">
        {share !== null && (
          <progress
            aria-label="Progress of the job"
            value={share}
            max={1}
            className="h-2 w-full appearance-none overflow-hidden rounded-full [&::-moz-progress-bar]:bg-active [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-active"
          />
        )}
        <code className="break-all font-mono text-ink-2 text-xs">{text}</code>
      </div>
    </Panel>
  );
}
