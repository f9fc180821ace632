/** Which file system a folder lies on, and whether SQLite's locks and shared memory work there. */

import { statfsSync } from "node:fs";

export interface FileSystem {
  readonly name: string;
  /** `unsure`: one name for local and remote ones. What is not known is taken for local. */
  readonly kind: "local" | "network" | "memory" | "unsure";
}

/**
 * By the number that Linux gives to each (linux/magic.h, and for those outside of the kernel the tables of coreutils'
 * stat.c); other systems number theirs otherwise. `network`: https://sqlite.org/wal.html says that the log needs all
 * its users on one machine; cluster file systems of several machines are among them. `unsure`: FUSE is sshfs and s3fs,
 * but also virtiofs and Docker Desktop's shared folders; 9p, vboxsf and vmhgfs are folders that a host shares with its
 * virtual machine, whose shared memory the host does not see.
 */
const LINUX: ReadonlyMap<number, FileSystem> = new Map([
  [0x00_00_69_69, { name: "nfs", kind: "network" }],
  [0x00_00_51_7b, { name: "smb", kind: "network" }],
  [0xfe_53_4d_42, { name: "smb2", kind: "network" }],
  [0xff_53_4d_42, { name: "cifs", kind: "network" }],
  [0x53_46_41_4f, { name: "afs", kind: "network" }],
  [0x6b_41_46_53, { name: "kafs", kind: "network" }],
  [0x73_75_72_45, { name: "coda", kind: "network" }],
  [0x00_00_56_4c, { name: "ncp", kind: "network" }],
  [0x00_c3_64_00, { name: "ceph", kind: "network" }],
  [0x0b_d0_0b_d0, { name: "lustre", kind: "network" }],
  [0x47_50_46_53, { name: "gpfs", kind: "network" }],
  [0x01_16_19_70, { name: "gfs2", kind: "network" }],
  [0x74_61_63_6f, { name: "ocfs2", kind: "network" }],
  [0x20_03_05_28, { name: "orangefs", kind: "network" }],
  [0x19_83_03_26, { name: "beegfs", kind: "network" }],
  [0x01_02_19_97, { name: "9p", kind: "unsure" }],
  [0x65_73_55_46, { name: "fuse", kind: "unsure" }],
  [0x78_6f_42_56, { name: "vboxsf", kind: "unsure" }],
  [0xba_cb_ac_bc, { name: "vmhgfs", kind: "unsure" }],
  [0x01_02_19_94, { name: "tmpfs", kind: "memory" }],
  [0x85_84_58_f6, { name: "ramfs", kind: "memory" }],
  [0x00_00_ef_53, { name: "ext4", kind: "local" }],
  [0x58_46_53_42, { name: "xfs", kind: "local" }],
  [0x91_23_68_3e, { name: "btrfs", kind: "local" }],
  [0x2f_c1_2f_c1, { name: "zfs", kind: "local" }],
  [0xf2_f5_20_10, { name: "f2fs", kind: "local" }],
  [0x79_4c_76_30, { name: "overlayfs", kind: "local" }],
]);

/** What the operating system says of a folder. */
export interface FileSystemPort {
  readonly platform: NodeJS.Platform;
  /** @throws an error of the operating system if there is no such folder */
  typeOf(folder: string): number;
}

const ASK_THE_SYSTEM: FileSystemPort = {
  platform: process.platform,
  typeOf: (folder) => Number(statfsSync(folder).type),
};

/** @throws an error of the operating system if there is no such folder */
export function fileSystemOf(folder: string, port: FileSystemPort = ASK_THE_SYSTEM): FileSystem {
  if (port.platform === "win32" && /^[\\/]{2}[^\\/?.]/.test(folder)) return { name: "unc", kind: "network" };
  const type = port.typeOf(folder) >>> 0;
  const known = port.platform === "linux" ? LINUX.get(type) : undefined;
  return known ?? { name: `type 0x${type.toString(16)}`, kind: "local" };
}
