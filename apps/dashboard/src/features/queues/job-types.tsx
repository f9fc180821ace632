import Link from "next/link";
import type { ReactNode } from "react";
import { rowClass, Table, Td, Th } from "@/components/table";
import { type Capped, printCount } from "@/lib/capped-count";
import { jobsLink } from "@/lib/links";

export interface JobTypesProps {
  readonly types: readonly { readonly value: string; readonly count: Capped }[];
  readonly queue: string;
}

/** Which job types a queue holds, and how many of each. */
export function JobTypes({ types, queue }: JobTypesProps): ReactNode {
  if (types.length === 0) return <p className="p-4 text-ink-2">This queue holds no jobs.</p>;
  return (
    <Table caption={`Job types in ${queue}`}>
      <thead>
        <tr>
          <Th>Type</Th>
          <Th numeric>Jobs kept</Th>
        </tr>
      </thead>
      <tbody>
        {types.map(({ value, count }) => (
          <tr key={value} className={rowClass}>
            <Td>
              <Link
                href={jobsLink([is("name", value), is("queue", queue)])}
                className="break-all rounded font-medium hover:underline"
              >
                {value}
              </Link>
            </Td>
            <Td numeric>{printCount(count)}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

const is = (field: "name" | "queue", text: string) => ({ not: false, field, any: [{ text, glob: false }] }) as const;
