import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { QuotaStanding } from "../api/types";
import { Button } from "../layout/Button";
import { SelectField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Loaded } from "../layout/PageFrame";
import { formOf, limitFields, mistakes, toQuotas, type LimitField, type Setting } from "./fields";
import { standingQuery, useSetLimits, type Whose } from "./queries";

/** Sets what a user or a project may have. */
export function EditLimits({ whose, onClose }: { whose: Whose; onClose: () => void }) {
  const standing = useQuery({ ...standingQuery(whose), staleTime: 0 });
  return (
    <Modal open onClose={onClose} title={`Limits of ${whose.name}`} description={whose.of === "user" ? "In all projects together." : "Of all its members together."}>
      {standing.data && !standing.isFetching ? (
        <Form whose={whose} standing={standing.data} onClose={onClose} />
      ) : (
        <ModalBody>
          <Loaded query={{ data: undefined, error: standing.error }}>{() => null}</Loaded>
        </ModalBody>
      )}
    </Modal>
  );
}

function Form({ whose, standing, onClose }: { whose: Whose; standing: QuotaStanding; onClose: () => void }) {
  const save = useSetLimits(whose);
  const [form, setForm] = useState(() => formOf(standing));
  const wrong = mistakes(form);
  const refused = fieldErrors(save.error);
  const set = (field: LimitField, change: Partial<Setting>) => setForm((old) => ({ ...old, settings: { ...old.settings, [field]: { ...old.settings[field], ...change } } }));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await save.mutateAsync(toQuotas(form)).catch(() => undefined)) onClose();
  };
  const policy = standing.set.oneRunningMachine === undefined ? ` (${standing.limits.oneRunningMachine ? "yes" : "no"})` : "";
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
      <ModalBody>
        {save.error && Object.keys(refused).length === 0 && <Notice tone="bad" {...explain(save.error)} />}
        <div className="flex flex-col gap-2">
          {limitFields.map(({ field, label, unit, write }) => {
            const limit = standing.limits[field];
            const byDefault = standing.set[field] === undefined ? ` (${limit === undefined ? "no limit" : write(limit)})` : "";
            return (
              <Row key={field} label={label} unit={unit} has={write(standing.used[field])} byDefault={byDefault} setting={form.settings[field]} errors={wrong[field] ?? refused[field]} onChange={(change) => set(field, change)} />
            );
          })}
        </div>
        <SelectField
          label="One running machine for each user"
          hint={whose.of === "user" ? "A second launch is answered with the machine that runs. What is set here goes before the project's." : "A second launch in this project is answered with the machine that runs."}
          value={form.oneRunningMachine}
          onChange={(event) => setForm((old) => ({ ...old, oneRunningMachine: event.target.value as typeof old.oneRunningMachine }))}
          options={[["default", `Default${policy}`], ["yes", "Yes"], ["no", "No"]]}
        />
      </ModalBody>
      <ModalActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={save.isPending} disabled={Object.keys(wrong).length > 0}>
          Save
        </Button>
      </ModalActions>
    </form>
  );
}

type RowProps = { label: string; unit: string; has: string; byDefault: string; setting: Setting; errors: string[] | undefined; onChange: (change: Partial<Setting>) => void };

/** One thing: what holds for it, and the number where one does. */
function Row({ label, unit, has, byDefault, setting, errors, onChange }: RowProps) {
  return (
    <div>
      <div className="grid grid-cols-[minmax(0,1fr)_10rem_6.5rem] items-center gap-2">
        <span className="min-w-0">
          <span className="block text-sm font-medium">{label}</span>
          <span className="block text-xs text-faint">has {has}</span>
        </span>
        <select aria-label={`${label}: which limit`} className="field" value={setting.kind} onChange={(event) => onChange({ kind: event.target.value as Setting["kind"] })}>
          <option value="default">Default{byDefault}</option>
          <option value="none">No limit</option>
          <option value="most">At most</option>
        </select>
        {setting.kind === "most" ? (
          <span className="relative">
            <input aria-label={`${label}: at most`} aria-invalid={!!errors} inputMode="decimal" autoComplete="off" className={`field w-full ${unit ? "pr-10" : ""}`} value={setting.text} onChange={(event) => onChange({ text: event.target.value })} />
            {unit && <span className="pointer-events-none absolute inset-y-0 right-2.5 flex items-center text-xs text-faint">{unit}</span>}
          </span>
        ) : (
          <span />
        )}
      </div>
      {errors && (
        <p role="alert" className="mt-1 text-right text-xs text-bad">
          {errors.join(" ")}
        </p>
      )}
    </div>
  );
}
