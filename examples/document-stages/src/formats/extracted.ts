/** What every reader of a file format makes of its bytes. */

/** A piece of a document under one heading, or one page. Paragraphs are separated by an empty line. */
export interface Section {
  readonly heading: string | null;
  readonly text: string;
}

export interface Extracted {
  readonly title: string;
  readonly sections: readonly Section[];
  /** `null` where the format knows no pages. */
  readonly pages: number | null;
  /** What else the file says of itself: author, camera, size in pixels … */
  readonly facts: Readonly<Record<string, string>>;
}

/**
 * @param bytes - the whole file
 * @param name - its name, for titles and errors
 * @throws DocumentError that says what is wrong with the file and what to do
 */
export type Reader = (bytes: Uint8Array, name: string) => Promise<Extracted> | Extracted;

/** The document as one text, headings included. */
export const fullText = (document: Extracted): string =>
  document.sections
    .flatMap((section) => [section.heading, section.text])
    .filter((part) => part)
    .join("\n\n");

/** The document as one text, without its headings. */
export const bodyText = (document: Extracted): string => document.sections.map((section) => section.text).join("\n\n");

/** The facts that are there: a file says nothing, or something that is no text, in any of its fields. */
export const knownFacts = (facts: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(facts).filter((fact): fact is [string, string] => typeof fact[1] === "string" && fact[1] !== ""),
  );

/** `harbour-evening.jpg` is "harbour evening". */
export const titleFromName = (name: string): string =>
  name
    .replace(/\.[^.]+$/, "")
    .replace(/[-_]+/g, " ")
    .trim();

/** Sections in the order of the text: text before the first heading has none. Empty ones are left out. */
export class SectionBuilder {
  readonly #sections: Section[] = [];
  #heading: string | null = null;
  #paragraphs: string[] = [];

  heading(text: string): void {
    this.#close();
    this.#heading = text;
  }

  paragraph(text: string): void {
    if (text !== "") this.#paragraphs.push(text);
  }

  done(): readonly Section[] {
    this.#close();
    return this.#sections;
  }

  #close(): void {
    if (this.#heading !== null || this.#paragraphs.length > 0)
      this.#sections.push({ heading: this.#heading, text: this.#paragraphs.join("\n\n") });
    this.#heading = null;
    this.#paragraphs = [];
  }
}
