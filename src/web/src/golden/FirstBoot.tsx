import { Field } from "../layout/Field";

/** A script that runs once in what is made from a golden image or a running machine. */
export function FirstBoot({ label = "Script for the first boot", value, errors, onChange }: { label?: string; value: string; errors: string[] | undefined; onChange: (script: string) => void }) {
  return (
    <Field label={label} errors={errors} hint="Runs once as root when all else is done; may be left empty.">
      {(ids) => <textarea {...ids} rows={3} spellCheck={false} value={value} onChange={(event) => onChange(event.target.value)} placeholder="#!/bin/sh" className="field font-mono text-xs" />}
    </Field>
  );
}
