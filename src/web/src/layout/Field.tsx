import { useId, type ComponentProps, type ReactNode } from "react";

export type FieldProps = { label: ReactNode; hint?: ReactNode; errors?: string[] | undefined; children: (ids: { id: string; "aria-describedby": string; "aria-invalid": boolean }) => ReactNode; aside?: ReactNode };

/** A labelled control with its hint, or with the rules it breaks. */
export function Field({ label, hint, errors, aside, children }: FieldProps) {
  const id = useId();
  const note = `${id}-note`;
  const wrong = !!errors?.length;
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {aside && <span className="text-xs text-faint">{aside}</span>}
      </div>
      {children({ id, "aria-describedby": note, "aria-invalid": wrong })}
      <p id={note} className={`text-xs ${wrong ? "text-bad" : "text-faint"} empty:hidden`} role={wrong ? "alert" : undefined}>
        {wrong ? errors.join(" ") : hint}
      </p>
    </div>
  );
}

export function TextField({ label, hint, errors, aside, mono = false, ...input }: Omit<FieldProps, "children"> & ComponentProps<"input"> & { mono?: boolean }) {
  return (
    <Field label={label} hint={hint} errors={errors} aside={aside}>
      {(ids) => <input {...ids} type="text" autoComplete="off" spellCheck={false} {...input} className={`field ${mono ? "font-mono text-sm" : ""}`} />}
    </Field>
  );
}

export function SelectField({ label, hint, errors, options, ...select }: Omit<FieldProps, "children"> & ComponentProps<"select"> & { options: readonly (readonly [value: string, label: string])[] }) {
  return (
    <Field label={label} hint={hint} errors={errors}>
      {(ids) => (
        <select {...ids} {...select} className="field">
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A box to tick, with what ticking it means. */
export function Tick({ label, hint, ...input }: { label: ReactNode; hint?: ReactNode } & ComponentProps<"input">) {
  return (
    <label className="flex items-start gap-2.5">
      <input type="checkbox" {...input} className="mt-0.5 size-4 accent-accent" />
      <span>
        <span className="text-sm leading-5 font-medium">{label}</span>
        {hint && <span className="block text-xs text-faint">{hint}</span>}
      </span>
    </label>
  );
}
