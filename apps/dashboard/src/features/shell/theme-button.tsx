"use client";

/** Light, dark, or as the system says. Kept in a cookie, so that the server renders it right at once. */

import { Monitor, Moon, Sun } from "lucide-react";
import { type ReactNode, useState } from "react";
import { buttonClass } from "@/components/button-class";
import { THEME_COOKIE, THEMES, type Theme } from "@/lib/theme";

const LOOKS = { system: Monitor, light: Sun, dark: Moon } as const;
const A_YEAR_SECONDS = 31_536_000;

export function ThemeButton({ initial }: { readonly initial: Theme }): ReactNode {
  const [theme, setTheme] = useState(initial);
  const Icon = LOOKS[theme];
  const turn = (): void => {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
    setTheme(next);
    document.documentElement.classList.remove("light", "dark");
    if (next !== "system") document.documentElement.classList.add(next);
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https.
    document.cookie = `${THEME_COOKIE}=${next}; Path=/; SameSite=Lax; Max-Age=${A_YEAR_SECONDS}`;
  };
  return (
    <button
      type="button"
      onClick={turn}
      aria-label={`Theme: ${theme}`}
      title={`Theme: ${theme}`}
      className={buttonClass("quiet")}
    >
      <Icon aria-hidden className="size-4" />
    </button>
  );
}
