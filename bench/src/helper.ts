/** Another process that works on the same store, and tells what it did. The other side is helper-main.ts. */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface HelperOptions {
  readonly concurrency: number;
  /** When it tells the time: after every hundred jobs, or after each. */
  readonly tell: "hundreds" | "each";
  /** Milliseconds on the shared clock. */
  readonly onMark: (at: number) => void;
}

export interface Helper {
  /** Resolves when its worker takes jobs. */
  work(): Promise<void>;
  stop(): Promise<HelperReport>;
}

export interface HelperReport {
  /** Jobs, in the order in which they ran. */
  readonly ran: readonly number[];
  /** Since it began to work. */
  readonly cpuMicros: number;
}

export interface HelperSpec extends Pick<HelperOptions, "concurrency" | "tell"> {
  readonly backend: string;
  readonly contender: string;
  readonly store: string;
}

export type HelperMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "working" }
  | { readonly kind: "mark"; readonly at: number }
  | { readonly kind: "report"; readonly report: HelperReport };

/** What a helper is told. */
export type HelperOrder = "work" | "stop";

/** Resolves when it has opened the store. */
export async function startHelper(spec: HelperSpec, onMark: (at: number) => void): Promise<Helper> {
  const child = fork(fileURLToPath(new URL("helper-main.ts", import.meta.url)), [JSON.stringify(spec)]);
  child.on("message", (message: HelperMessage) => {
    if (message.kind === "mark") onMark(message.at);
  });
  await answer(child, "ready");
  return {
    work: async () => {
      child.send("work" satisfies HelperOrder);
      await answer(child, "working");
    },
    stop: async () => {
      child.send("stop" satisfies HelperOrder);
      return (await answer(child, "report")).report;
    },
  };
}

/** @throws if the process ends first */
function answer<K extends HelperMessage["kind"]>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<HelperMessage, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: HelperMessage): void => {
      if (!isOf(message, kind)) return;
      child.off("message", onMessage).off("exit", onExit);
      resolve(message);
    };
    const onExit = (code: number | null): void => reject(new Error(`a helping process ended with exit code ${code}`));
    child.on("message", onMessage).once("exit", onExit);
  });
}

const isOf = <K extends HelperMessage["kind"]>(
  message: HelperMessage,
  kind: K,
): message is Extract<HelperMessage, { kind: K }> => message.kind === kind;
