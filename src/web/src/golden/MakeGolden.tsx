import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Machine } from "../api/types";
import { Button } from "../layout/Button";
import { Choice } from "../layout/Choice";
import { Field, TextField, Tick } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { useMakeGolden } from "./queries";

/** Makes a golden image from a machine as it is, after a script, or after somebody's work. */
export function MakeGolden({ machine, warm, disk, onClose }: { machine: Machine; warm: boolean; disk: boolean; onClose: () => void }) {
  const make = useMakeGolden();
  const navigate = useNavigate();
  const [kind, setKind] = useState<"warm" | "disk">(warm ? "warm" : "disk");
  const [form, setForm] = useState({ name: machine.name, description: "", prepare: "", markReadyByHand: false });
  const set = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));
  const errors = fieldErrors(make.error);
  const shown = ["name", "description", "prepare"].some((field) => errors[field]);
  const runs = machine.state === "running";
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { name, description, prepare, markReadyByHand } = form;
    try {
      await make.mutateAsync({ name: name.trim(), machine: machine.id, kind, markReadyByHand, ...(prepare.trim() ? { prepare } : {}), ...(description.trim() ? { description: description.trim() } : {}) });
      onClose();
      await navigate({ to: "/images", hash: "golden-images" });
    } catch {
      // Shown in the form.
    }
  };
  return (
    <Modal open onClose={onClose} title={`Make a golden image of ${machine.name}`} description="Other machines begin where this one stands. While it is made, nothing else can be done to it.">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {make.error && !shown && <Notice tone="bad" {...explain(make.error)} />}
          <TextField label="Name" autoCapitalize="none" errors={errors.name} value={form.name} onChange={(event) => set({ name: event.target.value })} hint="The next version of this name is made." />
          {warm && disk && <Choice label="What it holds" options={[["warm", "Warm: memory and disks"], ["disk", "Disks only"]]} value={kind} onChange={setKind} />}
          <p className="-mt-2 text-xs text-faint">
            {kind === "warm"
              ? "What is made from it goes on from this moment, in well under a second. It stands still while its memory is copied, then runs on."
              : `What is made from it boots.${runs ? ` ${machine.name} is shut down for the copy, then started again.` : ""}`}
          </p>
          <TextField label="Description" errors={errors.description} value={form.description} onChange={(event) => set({ description: event.target.value })} placeholder="with the toolchain" />
          <Field label="Prepare script" errors={errors.prepare} hint={runs ? "The guest's agent runs it as root before anything is frozen; may be left empty." : "Needs a machine that runs."}>
            {(ids) => <textarea {...ids} rows={4} spellCheck={false} disabled={!runs} value={form.prepare} onChange={(event) => set({ prepare: event.target.value })} placeholder={"#!/bin/sh\napt-get install -y build-essential"} className="field font-mono text-xs" />}
          </Field>
          <Tick label="Wait for me" hint="I prepare the machine by hand and mark the golden image ready." checked={form.markReadyByHand} onChange={(event) => set({ markReadyByHand: event.target.checked })} />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={make.isPending}>
            Make golden image
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
