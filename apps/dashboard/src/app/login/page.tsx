import type { Metadata } from "next";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { LoginPage } from "@/features/session/login-page";
import { safeNext } from "@/lib/links";
import { createContext } from "@/server/context";
import { theRuntime } from "@/server/runtime";

export const metadata: Metadata = { title: "Log in" };

export default async function Page({ searchParams }: PageProps<"/login">): Promise<ReactNode> {
  const { next } = await searchParams;
  const to = safeNext(typeof next === "string" ? next : undefined);
  if (await createContext(await headers()).whoIs()) redirect(to);
  const { access, insecure } = theRuntime().settings;
  return (
    <LoginPage
      single={access.mode === "password" && access.single}
      open={access.mode === "open"}
      insecure={insecure}
      next={to}
    />
  );
}
