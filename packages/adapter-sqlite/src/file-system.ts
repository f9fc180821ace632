/** Which file system a folder lies on, and whether SQLite's locks and shared memory work there. */

import { statfsSync } from "node:fs";

export interface FileSystem {
  readonly name: string;
  /** `unsure`: one name for local and remote ones. What is not known is taken for local. */
  readonly kind: "local" | "network" | "memory" | "unsure";
}

/** By the number that Linux gives to each (linux/magic.h); other systems number theirs otherwise. */
const LINUX: ReadonlyMap<number, FileSystem> = new Map([
  [0x00_00_69_69, { name: "nfs", kind: "network" }],
  [0x00_00_51_7b, { name: "smb", kind: "network" }],
  [0xfe_53_4d_42, { name: "smb2", kind: "network" }],
  [0xff_53_4d_42, { name: "cifs", kind: "network" }],
  [0x53_46_41_4f, { name: "afs", kind: "network" }],
  [0x73_75_72_45, { name: "coda", kind: "network" }],
  [0x00_c3_64_00, { name: "ceph", kind: "network" }],
  [0x0b_d0_0b_d0, { name: "lustre", kind: "network" }],
  [0x47_50_46_53, { name: "gpfs", kind: "network" }],
  [0x01_02_19_97, { name: "9p", kind: "unsure" }],
  [0x65_73_55_46, { name: "fuse", kind: "unsure" }],
  [0x01_02_19_94, { name: "tmpfs", kind: "memory" }],
  [0x85_84_58_f6, { name: "ramfs", kind: "memory" }],
  [0x00_00_ef_53, { name: "ext4", kind: "local" }],
  [0x58_46_53_42, { name: "xfs", kind: "local" }],
  [0x91_23_68_3e, { name: "btrfs", kind: "local" }],
  [0x2f_c1_2f_c1, { name: "zfs", kind: "local" }],
  [0xf2_f5_20_10, { name: "f2fs", kind: "local" }],
  [0x79_4c_76_30, { name: "overlayfs", kind: "local" }],
]);

/** @throws an error of the operating system if there is no such folder */
export function fileSystemOf(folder: string): FileSystem {
  const type = Number(statfsSync(folder).type) >>> 0;
  const known = process.platform === "linux" ? LINUX.get(type) : undefined;
  return known ?? { name: `type 0x${type.toString(16)}`, kind: "local" };
}
