/**
 * A certificate for 127.0.0.1 and localhost, signed with its own key. Node makes keys and signatures, but no
 * certificates: the few fields of X.509 are written here, so that no test needs OpenSSL's command line.
 */

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
  /** PEM; trusted as `ca` it vouches for itself. */
  readonly ca: string;
  /** The file of `ca`, for `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
  readonly keyFile: string;
}

/** Makes one, with its private key, in files of this folder. */
export function certificateIn(folder: string): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const content = contentFor(publicKey.export({ type: "spki", format: "der" }));
  const signature = sign("sha256", content, privateKey);
  const ca = pemOf(sequence(content, ECDSA_WITH_SHA256, bits(signature)));
  const made = { ca, caFile: join(folder, "server.crt"), keyFile: join(folder, "server.key") };
  writeFileSync(made.caFile, ca);
  writeFileSync(made.keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return made;
}

/** A value of ASN.1 in DER: what it is, how long, and its content. */
function value(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return value(0x30, ...parts);
}

function integer(...bytes: readonly number[]): Buffer {
  return value(0x02, Buffer.from(bytes));
}

function bits(content: Buffer): Buffer {
  return value(0x03, Buffer.of(0), content);
}

function time(text: string): Buffer {
  return value(0x17, Buffer.from(text));
}

function identifier(hex: string): Buffer {
  return value(0x06, Buffer.from(hex, "hex"));
}

/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(identifier("2a8648ce3d040302"));
const COMMON_NAME = identifier("550403");
const SUBJECT_ALTERNATIVE_NAME = identifier("551d11");

/** What is signed: version 3, serial number, algorithm, issuer, from when to when, subject, its key, for which hosts. */
function contentFor(publicKey: Buffer): Buffer {
  const name = sequence(value(0x31, sequence(COMMON_NAME, value(0x0c, Buffer.from("jobyard test server")))));
  const hosts = sequence(value(0x82, Buffer.from("localhost")), value(0x87, Buffer.of(127, 0, 0, 1)));
  return sequence(
    value(0xa0, integer(2)),
    // Positive, and without a leading zero byte.
    integer(0x40, ...randomBytes(8)),
    ECDSA_WITH_SHA256,
    name,
    sequence(time("200101000000Z"), time("491231235959Z")),
    name,
    publicKey,
    value(0xa3, sequence(sequence(SUBJECT_ALTERNATIVE_NAME, value(0x04, hosts)))),
  );
}

function pemOf(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
