"use client";

import { LogOut, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { buttonClass } from "@/components/button-class";
import { Menu, MenuItem, MenuNote } from "@/components/menu";
import { useSession } from "./session";

export function UserMenu(): ReactNode {
  const { name, role, open } = useSession();
  return (
    <Menu
      trigger={
        <button type="button" className={buttonClass("quiet")}>
          <UserRound aria-hidden className="size-4" />
          <span className="sr-only sm:not-sr-only">{name}</span>
        </button>
      }
    >
      <MenuNote>
        {name} · {role}
        {open && " · open on this machine"}
      </MenuNote>
      {!open && (
        <MenuItem onClick={() => void logOut()}>
          <LogOut aria-hidden className="size-4" /> Log out
        </MenuItem>
      )}
    </Menu>
  );
}

async function logOut(): Promise<void> {
  await fetch("/api/auth/logout", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  window.location.assign("/login");
}
