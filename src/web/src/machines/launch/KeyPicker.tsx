import { useInfiniteQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { entries } from "../../api/pages";
import { CreateKey } from "../../keys/CreateKey";
import { sshKeysQuery } from "../../keys/queries";

const unreachable = "Without a key the machine cannot be reached by SSH; its screen works all the same.";

/** Which SSH keys are put into the guest, and what it means to choose none; a new pair can be made on the spot. */
export function KeyPicker({ value, errors, none = unreachable, onChange }: { value: string[]; errors: string[] | undefined; none?: string; onChange: (keys: string[]) => void }) {
  const { data } = useInfiniteQuery(sshKeysQuery);
  const [making, setMaking] = useState(false);
  const stored = entries(data);
  // A template may name a key that whoever launches does not have: it is shown, and can be left out.
  const keys = [...stored, ...value.filter((name) => data && !stored.some((key) => key.name === name)).map((name) => ({ id: name, name, algorithm: "", fingerprint: "there is no such key" }))];
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-sm font-medium">SSH keys</legend>
      <div className="flex flex-wrap gap-1.5">
        {keys.map((key) => (
          <label
            key={key.id}
            title={`${key.algorithm} ${key.fingerprint}`.trim()}
            className="relative flex h-7.5 cursor-pointer items-center gap-1.5 rounded-md border bg-card px-2.5 text-sm has-checked:border-accent has-checked:bg-accent-wash has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="checkbox"
              className="sr-only"
              checked={value.includes(key.name)}
              onChange={(event) => onChange(event.target.checked ? [...value, key.name] : value.filter((name) => name !== key.name))}
            />
            <KeyRound className="size-3.5 text-faint" />
            {key.name}
          </label>
        ))}
        <button type="button" onClick={() => setMaking(true)} className="flex h-7.5 items-center gap-1.5 rounded-md border border-dashed border-line-strong px-2.5 text-sm text-soft hover:bg-well hover:text-ink">
          <Plus className="size-3.5" /> New key
        </button>
      </div>
      {errors ? (
        <p role="alert" className="text-xs text-bad">
          {errors.join(" ")}
        </p>
      ) : (
        value.length === 0 && <p className="text-xs text-faint">{none}</p>
      )}
      {making && <CreateKey onClose={() => setMaking(false)} onCreated={(name) => onChange([...value, name])} />}
    </fieldset>
  );
}
