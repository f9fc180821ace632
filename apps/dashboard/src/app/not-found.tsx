import Link from "next/link";
import type { ReactNode } from "react";
import { buttonClass } from "@/components/button-class";

export default function NotFound(): ReactNode {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-3 p-4 text-center">
      <h1 className="font-semibold text-xl">There is no such page</h1>
      <p className="text-ink-2">The address may be from another version of the dashboard.</p>
      <Link href="/" className={buttonClass("primary")}>
        Go to the overview
      </Link>
    </main>
  );
}
