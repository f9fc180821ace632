/** Images: size, camera and description. The words come from the file itself; nothing here guesses what is in the picture. */

import readExif from "exif-reader";
import sharp, { type Metadata } from "sharp";
import { DocumentError } from "../errors.ts";
import { type Extracted, knownFacts, type Reader, titleFromName } from "./extracted.ts";

/** Larger pictures are refused before they are unpacked: a small file can hold a huge one. */
export const MAX_PIXELS = 100_000_000;

export const readImage: Reader = async (bytes, name): Promise<Extracted> => {
  const metadata = await metadataOf(bytes, name);
  const exif = metadata.exif ? exifFacts(metadata.exif) : {};
  const title = exif["description"] ?? titleFromName(name);
  const { width, height } = metadata.autoOrient;
  return {
    title,
    sections: [{ heading: null, text: title }],
    pages: null,
    facts: { format: metadata.format, size: `${width} × ${height} px`, ...exif },
  };
};

async function metadataOf(bytes: Uint8Array, name: string): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: MAX_PIXELS }).metadata();
  } catch (error) {
    throw damagedImage(name, error);
  }
}

export const damagedImage = (name: string, error: unknown): DocumentError =>
  new DocumentError(
    "DOCUMENT_DAMAGED",
    `${name} cannot be read as an image: ${(error instanceof Error ? error.message : String(error)).replace(/\.$/, "")}.`,
    "Export or copy it again into the inbox: the new file is processed at once, and this job can be removed.",
    error,
  );

/** A camera's note that cannot be read does not spoil the picture: it is left out, and that is said. */
function exifFacts(block: Buffer): Readonly<Record<string, string>> {
  try {
    const { Image, Photo } = readExif(block);
    return knownFacts({
      description: Image?.ImageDescription,
      camera: [Image?.Make, Image?.Model].filter(Boolean).join(" "),
      copyright: Image?.Copyright,
      taken: Photo?.DateTimeOriginal instanceof Date ? Photo.DateTimeOriginal.toISOString() : undefined,
    });
  } catch (error) {
    return { exif: `unreadable: ${error instanceof Error ? error.message : String(error)}` };
  }
}
