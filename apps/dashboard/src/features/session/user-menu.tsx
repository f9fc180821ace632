"use client";

import { LogOut, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { buttonClass } from "@/components/button-class";
import { Menu, MenuItem, MenuNote } from "@/components/menu";
import { toast } from "@/components/toaster";
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
  try {
    const request = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    const { ok, status } = await fetch("/api/auth/logout", request);
    if (ok) window.location.assign("/login");
    else toast({ text: `You are still logged in: the server answered ${status}. Try again.`, bad: true });
  } catch {
    toast({ text: "You are still logged in: the dashboard's server cannot be reached. Try again.", bad: true });
  }
}
