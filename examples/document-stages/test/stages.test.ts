import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { bodyText, type Extracted, fullText, type Section } from "../src/formats/extracted.ts";
import { formatOf } from "../src/formats/table.ts";
import { chunk } from "../src/stages/chunk.ts";
import { classify } from "../src/stages/classify.ts";
import { hashingEmbedder, similarity } from "../src/stages/embed.ts";
import { extract } from "../src/stages/extract.ts";
import { previewImage, previewText } from "../src/stages/preview.ts";
import { summarize } from "../src/stages/summarize.ts";
import { sentences } from "../src/text/words.ts";
import { BROKEN, NOTE, sample, sampleNames } from "./samples.ts";

const read = (name: string): Promise<Extracted> => extract(sample(name), name);
const headings = (text: Extracted): readonly (string | null)[] => text.sections.map((section) => section.heading);

describe("extract", () => {
  test("a PDF: every page, the title it says it has, and the words of its tables", async () => {
    const report = await read("annual-report-2025.pdf");
    expect(report).toMatchObject({ title: "Annual report 2025", pages: 4, facts: { program: "Chromium" } });
    expect(report.sections).toHaveLength(4);
    expect(fullText(report)).toContain("Revenue 371,400 412,300");
  });

  test("lines of a PDF page become paragraphs again", async () => {
    const page = (await read("annual-report-2025.pdf")).sections[1] as Section;
    expect(page.text).toContain("the highest since the cooperative was founded. Most of the growth");
    expect(page.text.split("\n\n")).toHaveLength(4);
  });

  test("a PDF that was cut off: what is wrong and what to do, short enough to be kept whole", async () => {
    const error = await read(BROKEN).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "DOCUMENT_DAMAGED" });
    const { message } = error as Error;
    expect(message).toContain("it is cut off after 9,000 bytes");
    expect(message).toContain("Export or copy it again into the inbox");
    expect(message.length).toBeLessThan(500);
  });

  test("an empty file and a file that is no PDF are named as such", async () => {
    await expect(extract(Buffer.alloc(0), "a.pdf")).rejects.toThrow("the file is empty");
    await expect(extract(sample(NOTE), "a.pdf")).rejects.toThrow("it does not begin like one");
  });

  test("Markdown: sections by heading, front matter as facts, no markup left", async () => {
    const handbook = await read("kiln-handbook.md");
    expect(handbook).toMatchObject({ title: "Kiln handbook", facts: { owner: "workshop" } });
    expect(headings(handbook)).toEqual([
      "Kiln handbook",
      "Before you load",
      "Firing table",
      "While it fires",
      "After the firing",
      "When something went wrong",
    ]);
    const text = fullText(handbook);
    expect(text).toContain("stoneware glaze, 150 °C/h, 1240 °C, 20 min");
    expect(text).toContain("Do not open the lid");
    expect(text).not.toMatch(/\*\*|\]\(|^\|/m);
  });

  test("HTML: what a reader sees, without menu, script, style and footer", async () => {
    const guide = await read("glaze-guide.html");
    expect(guide.title).toBe("A short guide to wood-ash glazes – Lantern Bay");
    expect(headings(guide)).toEqual(["A short guide to wood-ash glazes", "What is in the ash", "Testing your own"]);
    const text = fullText(guide);
    expect(text).toContain("runs of green glass & wanted more");
    expect(text).toContain("50 50 satin, slow runs");
    expect(text).not.toMatch(/analytics|crimson|Visit us|Test tiles/);
  });

  test("HTML without an article is read whole, but for what nobody reads", async () => {
    const page = `<title></title><nav>menu</nav><script>code</script><style>rule</style><h2>Head</h2>one<br>two
      <div>three <b>four</b></div><!-- remark --><template>hidden</template><footer>imprint</footer>`;
    expect(await extract(Buffer.from(page), "a-page.html")).toMatchObject({
      title: "Head",
      sections: [{ heading: "Head", text: "one two\n\nthree four" }],
    });
  });

  test("an image: upright size, camera and description", async () => {
    expect((await read("harbour-evening.jpg")).facts).toEqual({
      format: "jpeg",
      size: "900 × 600 px",
      description: "Evening at the harbour after the market, sailing boat at the quay",
      camera: "Lantern Pocket 2",
      copyright: "Lantern Bay Ceramics",
      taken: "2026-06-13T21:04:11.000Z",
    });
    expect((await read("workshop-floor-plan.png")).title).toBe("workshop floor plan");
  });

  test("a picture that is none is damaged, not a crash", async () => {
    await expect(extract(sample(NOTE), "a.jpg")).rejects.toMatchObject({ code: "DOCUMENT_DAMAGED" });
  });

  test.each([
    ["UTF-8 with a mark", Buffer.from("\uFEFFCafé", "utf8")],
    ["UTF-16", Buffer.from("\uFEFFCafé", "utf16le")],
    ["Windows-1252", Buffer.from("Café", "latin1")],
    ["UTF-8 in NFD", Buffer.from("Café".normalize("NFD"), "utf8")],
  ])("text in %s", async (_encoding, bytes) => {
    expect(fullText(await extract(bytes, "a.txt"))).toBe("Café");
  });

  test("binary data that is called text is refused", async () => {
    await expect(extract(sample("workshop-floor-plan.png"), "a.txt")).rejects.toMatchObject({ code: "NOT_TEXT" });
  });

  test("an empty text is a document without sections, and every later stage bears it", async () => {
    const empty = await extract(Buffer.alloc(0), "empty.txt");
    expect(empty).toEqual({ title: "empty", sections: [], pages: null, facts: {} });
    expect(classify(empty, "documents").label).toBe("other");
    expect(summarize(bodyText(empty))).toEqual({ text: "", keywords: [] });
    expect(chunk(empty.sections)).toEqual([]);
    expect(
      hashingEmbedder()
        .embed(fullText(empty))
        .every((value) => value === 0),
    ).toBe(true);
  });
});

describe("classify", () => {
  test.each([
    ["annual-report-2025.pdf", "report"],
    ["invoice-1042.pdf", "invoice"],
    ["harbour-office-letter.txt", "letter"],
    ["kiln-handbook.md", "manual"],
    ["glaze-guide.html", "manual"],
    ["café-menü.txt", "menu"],
    ["harbour-evening.jpg", "photo"],
    ["workshop-floor-plan.png", "drawing"],
    [NOTE, "note"],
  ])("%s is: %s", async (name, label) => {
    const found = classify(await read(name), formatOf(name)?.category ?? "documents");
    expect(found.label).toBe(label);
    expect(found.because.length).toBeGreaterThan(0);
    expect(found.confidence).toBeGreaterThan(0.5);
  });

  test("a word inside another one is not that word", () => {
    const text = {
      title: "x",
      sections: [{ heading: null, text: "invoices revenues outlooks dearest" }],
      pages: null,
      facts: {},
    };
    expect(classify(text, "documents")).toEqual({ label: "other", confidence: 0, because: [] });
  });
});

describe("summarize", () => {
  test("three of the text's own sentences, in its order", async () => {
    const body = bodyText(await read("kiln-handbook.md"));
    const { text, keywords } = summarize(body);
    const places = sentences(text).map((sentence) => body.replace(/\s+/g, " ").indexOf(sentence));
    expect(places).toHaveLength(3);
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((left, right) => left - right));
    expect(keywords).toContain("glaze");
  });

  test("the sentences that a text circles around are chosen", () => {
    const text =
      "The kiln is hot. A dog barked. The hot kiln fires hot glaze. It rained on Tuesday in the village. ".repeat(2);
    const { text: summary } = summarize(text, { maxSentences: 1, maxChars: 60, maxKeywords: 2 });
    expect(summary).toBe("The hot kiln fires hot glaze.");
  });

  test("a text without sentences is cut", () => {
    const { text } = summarize("tile ".repeat(200));
    expect(text).toHaveLength(480);
    expect(text.endsWith("…")).toBe(true);
  });
});

describe("embed", () => {
  const embedder = hashingEmbedder();

  test("always the same vector, of length 1", async () => {
    const text = fullText(await read("kiln-handbook.md"));
    expect(embedder.embed(text)).toEqual(hashingEmbedder().embed(text));
    expect(Math.hypot(...embedder.embed(text))).toBeCloseTo(1, 5);
    expect(embedder.embed(text)).toHaveLength(embedder.dimensions);
  });

  test("texts about the same lie closer than others", async () => {
    const near = similarity(embedder.embed("ash glaze for the kiln"), embedder.embed("a kiln, a glaze of ash"));
    const inflected = similarity(embedder.embed("kiln glaze"), embedder.embed("kilns glazes"));
    const far = similarity(embedder.embed("ash glaze for the kiln"), embedder.embed("invoice number, amount due"));
    expect(near).toBeGreaterThan(0.95);
    expect(inflected).toBeGreaterThan(far + 0.05);
    expect(Math.abs(far)).toBeLessThan(0.3);
  });
});

describe("chunk", () => {
  const size = { maxChars: 60, overlapChars: 25 };

  test("never across a heading, never longer than allowed, and each begins with the end of the one before", () => {
    const text = "One sentence is here. Two is short. Three is a little longer than two. Four ends it.";
    const chunks = chunk(
      [
        { heading: "A", text },
        { heading: "B", text: "Alone." },
      ],
      size,
    );
    expect(chunks).toEqual([
      { heading: "A", text: "One sentence is here. Two is short." },
      { heading: "A", text: "Two is short. Three is a little longer than two." },
      { heading: "A", text: "Four ends it." }, // the sentence before is longer than the overlap
      { heading: "B", text: "Alone." },
    ]);
  });

  test("of real documents: within the limit, and every sentence is in one of them", async () => {
    for (const name of sampleNames().filter((each) => each !== BROKEN)) {
      const { sections } = await read(name);
      const chunks = chunk(sections);
      expect(Math.max(...chunks.map(({ text }) => text.length))).toBeLessThanOrEqual(600);
      for (const sentence of sections.flatMap(({ text }) => sentences(text)))
        expect(chunks.some(({ text }) => text.includes(sentence))).toBe(true);
    }
  });

  test("a sentence longer than a chunk is cut between words, and nothing of it is lost", () => {
    const text = Array.from({ length: 40 }, (_, at) => `word${at}`).join(" ");
    const chunks = chunk([{ heading: null, text }], size);
    expect(chunks.map((each) => each.text).join(" ")).toBe(text);
    expect(chunk([{ heading: null, text: "x".repeat(130) }], size).map((each) => each.text.length)).toEqual([
      60, 60, 10,
    ]);
  });
});

describe("preview", () => {
  test("a photo is turned upright, made small, and loses the camera's notes", async () => {
    const preview = await previewImage(sample("harbour-evening.jpg"), "harbour-evening.jpg");
    expect(preview).toMatchObject({ extension: "webp", width: 480, height: 320 });
    const metadata = await sharp(preview.bytes).metadata();
    expect(metadata).toMatchObject({ format: "webp", width: 480, height: 320 });
    expect(metadata.exif).toBeUndefined();
  });

  test("a small image is not blown up", async () => {
    const tiny = await sharp({ create: { width: 20, height: 10, channels: 3, background: "#444" } })
      .png()
      .toBuffer();
    expect(await previewImage(tiny, "tiny.png")).toMatchObject({ width: 20, height: 10 });
  });

  test("a text is a drawn page: valid SVG whatever stands in the text, and lines that fit", async () => {
    const preview = previewText('<b> & "x"', `a < b & c\u0000\uD800 ${"long words ".repeat(500)}`);
    const svg = Buffer.from(preview.bytes).toString("utf8");
    expect(svg).toContain("&lt;b&gt; &amp;");
    expect((await sharp(preview.bytes).metadata()).format).toBe("svg");
    const lines = [...svg.matchAll(/ y="([\d.]+)" font-size="10.5">([^<]*)</g)];
    expect(lines.length).toBeGreaterThan(10);
    expect(Math.max(...lines.map((line) => Number(line[1])))).toBeLessThan(preview.height);
  });
});
