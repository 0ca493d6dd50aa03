import { useState } from "react";
import { below } from "../api/problem";
import type { HypervisorSetting } from "../api/types";
import { Field } from "../layout/Field";
import { inWords } from "../layout/format";
import { Pairs, Row, Rows, type Pair } from "../layout/Rows";
import { exampleOf, type Errors, type HostForm } from "./settings";

type Props = { setting: HypervisorSetting; form: HostForm; errors: Errors; /** Whether a secret is set already; absent for a new host. */ isSet?: boolean | undefined; set: (change: Partial<HostForm>) => void };

/** One setting of a host, in the shape that it has. */
export function SettingField({ setting, form, errors: all, isSet, set }: Props) {
  const { name, help } = setting;
  const { shape } = setting;
  const errors = below(all, `settings.${name}`);
  const rows = form.rows[name] ?? [];
  const example = exampleOf(setting);
  const setRows = (next: Pair[]) => set({ rows: { ...form.rows, [name]: next } });
  if (shape === "map") return <Pairs title={inWords(name)} one={inWords(name)} hint={help} pairs={rows} errors={errors} placeholders={[example.key ?? "name", example.value ?? "value"]} onChange={setRows} />;
  if (shape === "list")
    return (
      <Rows title={inWords(name)} hint={help} errors={errors} onAdd={() => setRows([...rows, { name: "", value: "" }])}>
        {rows.map((row, index) => (
          <Row key={index} label={`${inWords(name)} ${index + 1}`} onRemove={() => setRows(rows.filter((_, at) => at !== index))}>
            <input aria-label={`${inWords(name)} ${index + 1}`} autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder={example.value ?? ""} value={row.value} onChange={(event) => setRows(rows.map((one, at) => (at === index ? { ...one, value: event.target.value } : one)))} className="field" />
          </Row>
        ))}
      </Rows>
    );
  const text = form.texts[name] ?? "";
  const setText = (next: string) => set({ texts: { ...form.texts, [name]: next }, dropped: form.dropped.filter((one) => one !== name) });
  return (
    <Field label={inWords(name)} hint={help} errors={errors.length > 0 ? errors : undefined} aside={<Aside {...{ setting, form, isSet, set }} onText={setText} />}>
      {(ids) =>
        setting.secret ? (
          <SecretInput ids={ids} lines={shape === "lines"} value={text} placeholder={form.dropped.includes(name) ? "taken away when saved" : isSet ? "set; empty: stays as it is" : setting.default ?? ""} onChange={setText} />
        ) : shape === "lines" ? (
          <textarea {...ids} rows={3} spellCheck={false} value={text} placeholder={setting.default ?? "-----BEGIN …"} onChange={(event) => setText(event.target.value)} className="field font-mono text-xs" />
        ) : (
          <input {...ids} type="text" autoComplete="off" autoCapitalize="none" spellCheck={false} value={text} placeholder={setting.default ?? ""} onChange={(event) => setText(event.target.value)} className="field" />
        )
      }
    </Field>
  );
}

/** What is typed is not shown. A key has lines, and a password field would join them: such a text stays in an area of its own. */
function SecretInput({ ids, lines, value, placeholder, onChange }: { ids: object; lines: boolean; value: string; placeholder: string; onChange: (value: string) => void }) {
  const [pasted, setPasted] = useState(false);
  if (lines || pasted || value.includes("\n"))
    return <textarea {...ids} rows={3} autoComplete="off" spellCheck={false} value={value} placeholder={placeholder} onChange={(event) => onChange(event.target.value)} className="field veiled font-mono text-xs" />;
  return (
    <input
      {...ids}
      type="password"
      autoComplete="new-password"
      value={value}
      placeholder={placeholder}
      onChange={(event) => onChange(event.target.value)}
      onPaste={(event) => {
        const text = event.clipboardData.getData("text");
        if (!text.trim().includes("\n")) return;
        event.preventDefault();
        setPasted(true);
        onChange(text);
      }}
      className="field"
    />
  );
}

function Aside({ setting, form, isSet, set, onText }: Omit<Props, "errors"> & { onText: (text: string) => void }) {
  const { name, required, secret } = setting;
  const dropped = form.dropped.includes(name);
  return (
    <span className="flex items-center gap-3">
      {setting.shape === "lines" && (
        <label className="cursor-pointer underline underline-offset-2 hover:text-ink has-focus-visible:outline-2 has-focus-visible:outline-accent">
          From a file
          <input type="file" className="sr-only" onChange={(event) => void event.target.files?.[0]?.text().then(onText)} />
        </label>
      )}
      {secret && isSet !== undefined && (
        <span className={isSet && !dropped ? "text-good" : ""}>{dropped ? "Will be taken away" : isSet ? "Set" : "Not set"}</span>
      )}
      {secret && isSet && !required && (
        <button type="button" onClick={() => set({ dropped: dropped ? form.dropped.filter((one) => one !== name) : [...form.dropped, name], texts: { ...form.texts, [name]: "" } })} className="underline underline-offset-2 hover:text-ink">
          {dropped ? "Keep it" : "Take away"}
        </button>
      )}
      {required && !isSet && "required"}
    </span>
  );
}
