/** What became of the lines of a file: told line by line as JSON, and in one sentence at the end. */

import { type BulkReceipt, QueueError } from "@jobyard/core";
import type { Output } from "./output.ts";
import { receiptJson, refusal } from "./receipt.ts";
import { plural } from "./text.ts";

export class Tally {
  /** The last line that was looked at. */
  lastLine = 0;
  #accepted = 0;
  #duplicate = 0;
  #refused = 0;
  #faulty = 0;
  readonly #out: Output;
  readonly #shown: number;

  /** @param shown - faults that are told to people one by one */
  constructor(out: Output, shown: number) {
    this.#out = out;
    this.#shown = shown;
  }

  get lines(): number {
    return this.#accepted + this.#duplicate + this.#refused + this.#faulty;
  }

  count(line: number, receipt: BulkReceipt): void {
    if (receipt.ok) {
      if (receipt.duplicate) this.#duplicate += 1;
      else this.#accepted += 1;
      if (this.#out.json) this.#out.line(receiptJson(receipt, line));
      return;
    }
    this.#refused += 1;
    if (this.#out.json) this.#out.line(JSON.stringify({ line, ...receipt.ref, code: receipt.code }));
    this.#tell(refusal(receipt, line));
  }

  /** The line's payload cannot be enqueued. */
  leaveOut(line: number, fault: QueueError): void {
    this.#faulty += 1;
    if (this.#out.json) this.#out.line(JSON.stringify({ line, code: fault.code, message: fault.detail }));
    this.#tell(new QueueError(fault.code, `line ${line}: ${fault.detail}`, { issues: fault.issues }));
  }

  tellEnd(): void {
    const untold = this.#refused + this.#faulty - this.#shown;
    if (untold > 0) this.#out.note(`… and ${plural(untold, "more line")} not enqueued.`);
    if (this.#out.json) this.#out.note(this.#summary());
    else this.#out.line(this.#summary());
  }

  /** @param howToGoOn - a sentence */
  tellStop(howToGoOn: string): void {
    this.#out.note(`Stopped after line ${this.lastLine}; the lines after it are not enqueued. ${howToGoOn}`);
  }

  #tell(fault: QueueError): void {
    if (this.#refused + this.#faulty <= this.#shown) this.#out.fail(fault);
  }

  #summary(): string {
    return [
      `${plural(this.#accepted, "job")} enqueued`,
      ...(this.#duplicate > 0 ? [`${this.#duplicate.toLocaleString("en")} duplicate`] : []),
      ...(this.#refused > 0 ? [`${this.#refused.toLocaleString("en")} refused`] : []),
      ...(this.#faulty > 0 ? [`${plural(this.#faulty, "faulty line")} left out`] : []),
    ].join(", ");
  }
}
