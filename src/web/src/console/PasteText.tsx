import type RFB from "@novnc/novnc";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { Button } from "../layout/Button";
import { Field, SelectField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { layoutNames, strokesOf, type LayoutName } from "./layouts";
import { typeStrokes } from "./typing";

const longest = 10_000;
const kept = "warren.guestLayout";

/** Types a text into the machine, key by key: for guests that share no clipboard. */
export function PasteText({ rfb, onClose }: { rfb: RFB; onClose: () => void }) {
  const [text, setText] = useState("");
  const [layout, setLayout] = useState<LayoutName>(() => layoutNames.find(([name]) => name === localStorage.getItem(kept))?.[0] ?? "us");
  const [typed, setTyped] = useState<number>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const { strokes, missing } = strokesOf(text, layout);
  const errors = missing.length > 0 ? [`This keyboard has no ${missing.slice(0, 10).join(" ")}`] : text.length > longest ? [`At most ${longest} characters.`] : undefined;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (errors || strokes.length === 0) return;
    localStorage.setItem(kept, layout);
    stop.current = new AbortController();
    setTyped(0);
    await typeStrokes(rfb, strokes, stop.current.signal, setTyped);
    if (!stop.current.signal.aborted) onClose();
    else setTyped(undefined);
  };
  return (
    <Modal open onClose={onClose} title="Type a text" description="It is typed into the machine as if on its keyboard." width="sm">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          <Field label="Text" errors={errors} hint="A line's end is Enter.">
            {(ids) => <textarea {...ids} rows={6} autoFocus spellCheck={false} className="field h-auto py-2 font-mono text-sm" value={text} disabled={typed !== undefined} onChange={(event) => setText(event.target.value)} />}
          </Field>
          <SelectField label="The guest's keyboard" hint="As the guest is set up; else other characters appear." options={layoutNames} value={layout} disabled={typed !== undefined} onChange={(event) => setLayout(event.target.value as LayoutName)} />
          {typed !== undefined && <progress aria-label="Typed so far" className="h-1.5 w-full accent-accent" value={typed} max={strokes.length} />}
        </ModalBody>
        <ModalActions>
          {typed === undefined ? <Button onClick={onClose}>Cancel</Button> : <Button onClick={() => stop.current?.abort()}>Stop</Button>}
          <Button type="submit" look="primary" busy={typed !== undefined} disabled={!!errors || strokes.length === 0}>
            Type it
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
