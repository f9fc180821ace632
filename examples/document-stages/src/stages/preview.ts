/** A small picture of a document: images scaled down, texts as a drawn page. */

import sharp from "sharp";
import { damagedImage, MAX_PIXELS } from "../formats/image.ts";

export interface Preview {
  readonly bytes: Uint8Array;
  readonly extension: "webp" | "svg";
  readonly width: number;
  readonly height: number;
}

const LONGEST_EDGE = 480;

/**
 * Turned upright as the camera noted, at most 480 pixels long, without the camera's notes (which may tell a place).
 *
 * @throws DocumentError `DOCUMENT_DAMAGED`
 */
export async function previewImage(bytes: Uint8Array, name: string): Promise<Preview> {
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS })
      .autoOrient()
      .resize({ width: LONGEST_EDGE, height: LONGEST_EDGE, fit: "inside", withoutEnlargement: true })
      .webp({ quality: 75 })
      .toBuffer({ resolveWithObject: true });
    return { bytes: data, extension: "webp", width: info.width, height: info.height };
  } catch (error) {
    throw damagedImage(name, error);
  }
}

const PAGE = { width: 320, height: 452, margin: 24, lineHeight: 15, charsPerLine: 46 } as const;

/** The beginning of the text on a page of A4's shape. SVG, so that it needs no fonts of the server's. */
export function previewText(title: string, text: string): Preview {
  const room = Math.floor((PAGE.height - 3 * PAGE.margin) / PAGE.lineHeight);
  const lines = wrap(text, PAGE.charsPerLine).slice(0, room);
  const y = (line: number): number => 2.5 * PAGE.margin + line * PAGE.lineHeight;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PAGE.width}" height="${PAGE.height}" viewBox="0 0 ${PAGE.width} ${PAGE.height}">`,
    `<rect width="100%" height="100%" fill="#fff" stroke="#d0d4da"/>`,
    `<g font-family="system-ui, sans-serif" fill="#1f2933">`,
    `<text x="${PAGE.margin}" y="${1.5 * PAGE.margin}" font-size="15" font-weight="600">${escapeXml(clip(title, 34))}</text>`,
    ...lines.map((line, at) => `<text x="${PAGE.margin}" y="${y(at)}" font-size="10.5">${escapeXml(line)}</text>`),
    "</g></svg>",
  ];
  return { bytes: Buffer.from(svg.join("\n")), extension: "svg", width: PAGE.width, height: PAGE.height };
}

function wrap(text: string, width: number): readonly string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(/\s+/).filter(Boolean)) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = "";
      }
      line = clip(line === "" ? word : `${line} ${word}`, width);
    }
    return [...lines, line];
  });
}

const clip = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** Characters that XML forbids even when escaped are left out: controls, lone surrogates, non-characters. */
const escapeXml = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cs}\p{Cn}]/gu, "")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;");
