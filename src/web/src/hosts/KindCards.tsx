import type { Hypervisor } from "../api/types";

/** Kinds of hypervisors as cards of which one is chosen. Native radio buttons underneath, so arrow keys work. */
export function KindCards({ kinds, value, onChange }: { kinds: Hypervisor[]; value: string; onChange: (kind: Hypervisor) => void }) {
  const configured = kinds.filter((kind) => !kind.addable).map((kind) => kind.title);
  return (
    <fieldset className="grid grid-cols-1 gap-2">
      <legend className="sr-only">Kind of hypervisor</legend>
      {kinds.filter((kind) => kind.addable).map((kind) => (
        <label
          key={kind.name}
          className="relative flex cursor-pointer flex-col rounded-lg border bg-card px-3 py-2.5 transition-colors hover:border-line-strong has-checked:border-accent has-checked:bg-accent-wash has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <input type="radio" name="hypervisor" value={kind.name} checked={kind.name === value} onChange={() => onChange(kind)} className="sr-only" />
          <span className="flex items-baseline justify-between gap-3">
            <span className="font-semibold">{kind.title}</span>
            <code className="truncate font-mono text-xs text-faint">{kind.name}</code>
          </span>
          <span className="mt-0.5 text-sm text-soft">{kind.summary}</span>
        </label>
      ))}
      {configured.length > 0 && (
        <p className="px-3 py-1.5 text-xs text-faint">
          {new Intl.ListFormat("en").format(configured)}: only from the server's configuration.
        </p>
      )}
    </fieldset>
  );
}
