import { Field, TextField } from "./Field";

/** Name and description, as a form has them. */
export type Words = { name: string; description: string };

/** The fields of a thing that people write to remember what it is, with the rules they break. */
export function WordFields({ words, errors, placeholder, hint, onChange }: { words: Words; errors: Record<string, string[]>; placeholder?: string; hint?: string; onChange: (change: Partial<Words>) => void }) {
  return (
    <>
      <TextField label="Name" autoFocus autoCapitalize="none" maxLength={63} errors={errors.name} value={words.name} onChange={(event) => onChange({ name: event.target.value })} placeholder={placeholder} hint={hint ?? "Letters, digits, dots, dashes and underscores."} />
      <Field label="Description" errors={errors.description}>
        {(ids) => <textarea {...ids} rows={3} value={words.description} onChange={(event) => onChange({ description: event.target.value })} placeholder="Anything worth knowing" className="field" />}
      </Field>
    </>
  );
}
