import "server-only";

/**
 * Who may do what: one table.
 *
 * Every procedure names the permission it needs (server/trpc.ts makes it impossible not to), and the page
 * gets the same list to say beforehand what it would be refused.
 */

export const ROLES = {
  viewer: ["job.read"],
  operator: [
    "job.read",
    "job.payload",
    "job.requeue",
    "job.edit",
    "job.cancel",
    "job.promote",
    "queue.pause",
    "op.run",
  ],
  admin: [
    "job.read",
    "job.payload",
    "job.requeue",
    "job.edit",
    "job.cancel",
    "job.promote",
    "job.delete",
    "queue.pause",
    "op.run",
  ],
} as const;

export type Role = keyof typeof ROLES;
export type Permission = (typeof ROLES)[Role][number];

export const isRole = (text: string): text is Role => Object.hasOwn(ROLES, text);

export const permissionsOf = (role: Role): readonly Permission[] => ROLES[role];

/** What each move that the dashboard offers needs. */
export const MOVE_PERMISSIONS = {
  requeue: "job.requeue",
  cancel: "job.cancel",
  promote: "job.promote",
  remove: "job.delete",
} as const satisfies Record<string, Permission>;
export type OfferedMove = keyof typeof MOVE_PERMISSIONS;
