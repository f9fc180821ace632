import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { THEME_COOKIE, themeOf } from "@/lib/theme";
import "./globals.css";

export const metadata: Metadata = { title: { default: "Jobyard", template: "%s · Jobyard" } };
export const viewport: Viewport = { colorScheme: "light dark" };

export default async function RootLayout({ children }: LayoutProps<"/">): Promise<ReactNode> {
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value);
  const themeClass = theme === "system" ? "" : theme;
  return (
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable} ${themeClass}`}>
      <body>{children}</body>
    </html>
  );
}
