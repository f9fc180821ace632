/** What a document is about, by rules that can be read: every label has words that speak for it. */

import type { Extracted } from "../formats/extracted.ts";
import { fullText } from "../formats/extracted.ts";
import type { Category } from "../stage-table.ts";
import { words } from "../text/words.ts";

export const LABELS = ["invoice", "report", "letter", "manual", "menu", "photo", "drawing", "note", "other"] as const;
export type Label = (typeof LABELS)[number];

export interface Classification {
  readonly label: Label;
  /** The label's share of all points, 0 to 1 in hundredths. 1 where a rule decided. */
  readonly confidence: number;
  /** Why: the words that were found, most telling first, or the rule. */
  readonly because: readonly string[];
}

/** Points for every word, once per document, however often it occurs. Phrases are words with a space. */
const KEYWORDS: Partial<Record<Label, Readonly<Record<string, number>>>> = {
  invoice: {
    invoice: 5,
    "total due": 4,
    vat: 3,
    subtotal: 3,
    "payment due": 3,
    "bill to": 3,
    quantity: 1,
    "unit price": 2,
    amount: 1,
  },
  report: {
    "annual report": 5,
    revenue: 4,
    outlook: 3,
    figures: 2,
    result: 1,
    costs: 2,
    growth: 2,
    quarter: 2,
    board: 1,
    percent: 1,
  },
  letter: {
    dear: 4,
    "yours sincerely": 5,
    "kind regards": 4,
    subject: 2,
    "thank you for your letter": 4,
    attn: 2,
    "let us know": 1,
  },
  manual: {
    handbook: 5,
    guide: 4,
    "how to": 2,
    step: 2,
    before: 1,
    after: 1,
    table: 1,
    programme: 2,
    test: 1,
    testing: 2,
    "when something went wrong": 3,
  },
  menu: {
    menu: 4,
    menü: 4,
    montag: 1,
    dienstag: 1,
    mittwoch: 1,
    salat: 2,
    suppe: 2,
    kürbissuppe: 2,
    kaffee: 2,
    coffee: 1,
    salad: 2,
  },
};

/** Fewer points than this are chance. */
const FEWEST_POINTS = 4;

export function classify(document: Extracted, category: Category): Classification {
  return byRule(document, category) ?? byKeywords(`${document.title}\n${fullText(document)}`);
}

function byRule(document: Extracted, category: Category): Classification | null {
  const decided = (label: Label, because: string): Classification => ({ label, confidence: 1, because: [because] });
  if (category === "notes") return decided("note", "it is in the notes category");
  if (category !== "images") return null;
  if (document.facts["camera"]) return decided("photo", `taken with ${document.facts["camera"]}`);
  return decided("drawing", "an image without a camera");
}

function byKeywords(text: string): Classification {
  const spaced = ` ${words(text).join(" ")} `;
  const scores = Object.entries(KEYWORDS).map(([label, keywords]) => {
    const found = Object.entries(keywords).filter(([word]) => spaced.includes(` ${word} `));
    found.sort(([, left], [, right]) => right - left);
    return { label: label as Label, points: found.reduce((sum, [, points]) => sum + points, 0), found };
  });
  const total = scores.reduce((sum, score) => sum + score.points, 0);
  const best = scores.reduce((leader, score) => (score.points > leader.points ? score : leader));
  if (best.points < FEWEST_POINTS) return { label: "other", confidence: 0, because: [] };
  return {
    label: best.label,
    confidence: Math.round((100 * best.points) / total) / 100,
    because: best.found.map(([word]) => word),
  };
}
