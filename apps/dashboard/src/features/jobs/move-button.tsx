"use client";

import type { ReactNode } from "react";
import { Button } from "@/components/button";
import type { ButtonLook } from "@/components/button-class";
import type { OfferedMove } from "@/server/permissions";
import { MOVE_LOOKS } from "./moves";

export interface MoveButtonProps {
  readonly move: OfferedMove;
  readonly look: ButtonLook;
  readonly refused: string | null;
  readonly busy: boolean;
  readonly onMove: () => void;
}

export function MoveButton({ move, look, refused, busy, onMove }: MoveButtonProps): ReactNode {
  const { label, icon: Icon } = MOVE_LOOKS[move];
  return (
    <Button look={look} refused={refused} disabled={busy} onClick={onMove}>
      <Icon aria-hidden className="size-3.5" /> {label}
    </Button>
  );
}
