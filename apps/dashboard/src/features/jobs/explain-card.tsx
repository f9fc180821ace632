"use client";

import { Lightbulb } from "lucide-react";
import type { ReactNode } from "react";
import { Instant } from "@/components/instant";
import { stripAnsi } from "@/lib/strip-ansi";
import type { FindingDetail } from "./job-detail";

/** Why the job is where it is. The first finding is the headline. */
export function ExplainCard({ findings }: { readonly findings: readonly FindingDetail[] }): ReactNode {
  const [headline, ...more] = findings;
  if (headline === undefined) return null;
  return (
    <section
      aria-label="Why it is here"
      className="flex gap-3 rounded-lg border border-line bg-raised p-4 shadow-raised"
    >
      <Lightbulb aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-2" />
      <div className="flex min-w-0 flex-col gap-1.5">
        <p className="break-words font-medium text-base">
          <Finding finding={headline} />
        </p>
        {headline.fix !== undefined && <p className="break-words text-ink-2">{headline.fix}</p>}
        {more.length > 0 && (
          <ul className="list-disc ps-4 text-ink-2">
            {more.map((finding) => (
              <li key={finding.code} className="break-words">
                <Finding finding={finding} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

function Finding({ finding: { text, until } }: { readonly finding: FindingDetail }): ReactNode {
  return (
    <>
      {stripAnsi(text)}
      {until !== undefined && (
        <span className="font-normal text-ink-2">
          {" · "}
          <Instant at={until} />
        </span>
      )}
    </>
  );
}
