"use client";

/** Keys that work on every page, and the list of all keys. */

import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Dialog } from "@/components/dialog";
import { Kbd } from "@/components/kbd";
import { useLive } from "@/features/live/live";
import { jobsLink } from "@/lib/links";
import { isTyping } from "@/lib/typing";
import { PAGES } from "./pages";

const GROUPS: readonly {
  readonly title: string;
  readonly keys: readonly (readonly [keys: string, about: string])[];
}[] = [
  {
    title: "Everywhere",
    keys: [
      ["/", "Search jobs"],
      ...PAGES.map(({ key, title }) => [`g ${key}`, title] as const),
      ["l", "Pause or resume live updates"],
      ["?", "This list"],
      ["Esc", "Close, or clear the selection"],
    ],
  },
  {
    title: "In a list of jobs",
    keys: [
      ["j k", "Next or previous row"],
      ["x", "Select the row"],
      ["Shift x", "Select up to the row"],
      ["Enter", "Open"],
      ["r", "Requeue the row or the selection"],
    ],
  },
  {
    title: "On a job",
    keys: [
      ["r", "Requeue"],
      ["Esc", "Back to its row"],
    ],
  },
];

/** How long `g` waits for its second letter. */
const SECOND_KEY_MS = 1_200;

export function Shortcuts(): ReactNode {
  const router = useRouter();
  const { toggle } = useLive();
  const [help, setHelp] = useState(false);
  const wentAt = useRef(0);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const goes = performance.now() - wentAt.current < SECOND_KEY_MS;
      wentAt.current = 0;
      const page = goes ? PAGES.find(({ key }) => key === event.key) : undefined;
      if (page) {
        event.preventDefault();
        router.push(page.href);
      } else if (event.key === "g") wentAt.current = performance.now();
      else if (event.key === "l") toggle();
      else if (event.key === "?") setHelp(true);
      else if (event.key === "/") {
        event.preventDefault();
        const bar = document.getElementById("search");
        if (bar) bar.focus();
        else router.push(jobsLink());
      }
    };
    // In the bubbling phase: a list that has its own meaning for a key comes first and says so.
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [router, toggle]);

  return (
    <Dialog open={help} onClose={() => setHelp(false)} title="Keys">
      {GROUPS.map(({ title, keys }) => (
        <section key={title}>
          <h3 className="mb-1.5 font-medium text-ink-2">{title}</h3>
          <ul className="flex flex-col gap-1">
            {keys.map(([key, about]) => (
              <li key={key} className="flex items-center justify-between gap-4">
                {about}
                <span className="flex gap-1">
                  {key.split(" ").map((part) => (
                    <Kbd key={part}>{part}</Kbd>
                  ))}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Dialog>
  );
}
