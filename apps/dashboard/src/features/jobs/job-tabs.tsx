"use client";

import { Tabs } from "@base-ui/react/tabs";
import { useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { JsonTree } from "@/components/json-tree";
import { titleOf } from "@/components/phases";
import { ErrorCard } from "./error-card";
import { EventList } from "./event-list";
import type { JobDetail } from "./job-detail";
import { JobOptions } from "./job-options";
import { LogList } from "./log-list";
import { JOB_TABS, type JobTab, jobParams } from "./params";

/** Everything that a job carries, one tab at a time. The tab stands in the address. */
export function JobTabs({ job }: { readonly job: JobDetail }): ReactNode {
  const [tab, setTab] = useQueryState("tab", jobParams.tab);
  const badges: Partial<Record<JobTab, number>> = { events: job.seq, errors: job.errors.length };
  return (
    <Tabs.Root
      value={tab}
      onValueChange={(next: JobTab) => void setTab(next)}
      className="min-w-0 overflow-clip rounded-lg border border-line bg-raised shadow-raised"
    >
      <Tabs.List className="flex gap-1 overflow-x-auto border-line border-b px-2" aria-label="Of this job">
        {JOB_TABS.map((name) => (
          <Tabs.Tab
            key={name}
            value={name}
            className="-mb-px inline-flex h-10 items-center gap-1.5 whitespace-nowrap border-transparent border-b-2 px-2.5 font-medium text-ink-2 outline-offset-[-4px] hover:text-ink data-active:border-ink data-active:text-ink"
          >
            {titleOf(name)}
            {(badges[name] ?? 0) > 0 && <span className="font-normal text-ink-2">{badges[name]}</span>}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="events">
        <EventList job={job} />
      </Tabs.Panel>
      <Tabs.Panel value="payload">
        <Text text={job.payload} label="Payload" hidden={job.hidden} none="There is no payload." />
      </Tabs.Panel>
      <Tabs.Panel value="result">
        <Text
          text={job.result}
          label="Result"
          hidden={job.hidden}
          none={
            job.state === "completed" ? "The handler returned nothing." : "There is no result until the job completes."
          }
        />
      </Tabs.Panel>
      <Tabs.Panel value="errors">
        {job.errors.length === 0 ? (
          <p className="p-4 text-ink-2">No attempt has failed.</p>
        ) : (
          <div className="flex flex-col gap-3 p-3">
            {[...job.errors].reverse().map((error) => (
              <ErrorCard key={`${error.at} ${error.attempt}`} error={error} title={`Attempt ${error.attempt}`} />
            ))}
          </div>
        )}
      </Tabs.Panel>
      <Tabs.Panel value="logs">
        <LogList job={job} />
      </Tabs.Panel>
      <Tabs.Panel value="options">
        <JobOptions job={job} />
      </Tabs.Panel>
    </Tabs.Root>
  );
}

interface TextProps {
  readonly text: string | null;
  readonly label: string;
  readonly hidden: boolean;
  readonly none: string;
}

function Text({ text, label, hidden, none }: TextProps): ReactNode {
  if (hidden)
    return <p className="p-4 text-ink-2">Your role does not show payloads and results: it needs job.payload.</p>;
  return text === null ? <p className="p-4 text-ink-2">{none}</p> : <JsonTree key={text} text={text} label={label} />;
}
