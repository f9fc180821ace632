"use client";

import { type ReactNode, useMemo, useState } from "react";
import { Button } from "@/components/button";
import { Dialog, DialogButtons } from "@/components/dialog";
import { JsonEditor } from "@/components/json-editor";
import { formatJson, parseJson } from "@/lib/json-nodes";

export interface RequeueDialogProps {
  readonly name: string;
  readonly payload: string;
  readonly onClose: () => void;
  /** `null`: the payload was left as it is. */
  readonly onRequeue: (payload: string | null) => void;
}

/** Requeues with another payload. The old one stays in the job's events. */
export function RequeueDialog({ name, payload, onClose, onRequeue }: RequeueDialogProps): ReactNode {
  const original = useMemo(() => {
    const parsed = parseJson(payload);
    return parsed.ok ? formatJson(parsed.node) : payload;
  }, [payload]);
  const [text, setText] = useState(original);
  const valid = useMemo(() => parseJson(text).ok, [text]);
  const changed = text !== original;
  return (
    <Dialog open wide onClose={onClose} title={`Edit and requeue ${name}`}>
      <p className="text-ink-2">
        The job waits again with all its attempts and this payload. The worker checks it against the job's schema.
      </p>
      <JsonEditor label="Payload" value={text} onChange={setText} />
      <DialogButtons>
        <Button onClick={onClose}>Leave it as it is</Button>
        <Button
          look="primary"
          refused={valid ? null : "The payload is not JSON yet."}
          onClick={() => onRequeue(changed ? text : null)}
        >
          {changed ? "Requeue with this payload" : "Requeue unchanged"}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
