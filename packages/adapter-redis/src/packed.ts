/** How arguments travel to a script: as one MessagePack buffer, which it reads by `cmsgpack.unpack(ARGV[1])`. */

import { Packr } from "msgpackr";

/** Null is `nil` in Lua: a field that is null is one that is not there. */
export type Packable = null | boolean | number | string | readonly Packable[] | { readonly [name: string]: Packable };

// Instants are beyond 32 bits, and no number of ours is beyond 53.
const packr = new Packr({ useRecords: false, int64AsType: "number" });

export const packed = (value: Packable): Buffer => packr.pack(value);

/** @param buffer - what a script made by `cmsgpack.pack`; false is `false` or what was not there */
export const unpacked = <T>(buffer: unknown): T => packr.unpack(buffer as Buffer) as T;
