import type { ReactNode } from "react";
import { TextField } from "../layout/Field";

/** A whole number; nothing when the box is empty. */
export function NumberField(props: { label: ReactNode; hint?: ReactNode; errors?: string[] | undefined; placeholder?: string; value: number | undefined; onChange: (value: number | undefined) => void }) {
  const { onChange, value, ...rest } = props;
  return <TextField {...rest} type="number" inputMode="numeric" value={value ?? ""} onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value))} />;
}
