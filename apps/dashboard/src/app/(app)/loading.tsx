import type { ReactNode } from "react";
import { Skeleton, SkeletonRows } from "@/components/skeleton";

export default function Loading(): ReactNode {
  return (
    <>
      <Skeleton className="h-7 w-40" />
      <SkeletonRows rows={10} />
    </>
  );
}
