import { below } from "../../api/problem";
import type { Limits } from "../../api/types";
import { Row, Rows } from "../../layout/Rows";
import type { Errors, LaunchForm } from "./form";

type Props = { form: LaunchForm; errors: Errors; set: (change: Partial<LaunchForm>) => void };

/** Ports of the host that shall lead into the guest. */
export function Forwards({ form, errors, limits, set }: Props & { limits: Limits }) {
  const put = (index: number, change: Partial<LaunchForm["forwards"][number]>) => set({ forwards: form.forwards.map((one, at) => (at === index ? { ...one, ...change } : one)) });
  return (
    <Rows title="Port forwards" hint={`SSH is forwarded by itself. Host ports ${limits.hostPorts.minimum}–${limits.hostPorts.maximum}; empty: the next free one.`} onAdd={() => set({ forwards: [...form.forwards, { protocol: "tcp", guestPort: "", hostPort: "" }] })} errors={below(errors, "forwards")}>
      {form.forwards.map((forward, index) => (
        <Row key={index} label={`forward ${index + 1}`} onRemove={() => set({ forwards: form.forwards.filter((_, at) => at !== index) })}>
          <select aria-label="Protocol" value={forward.protocol} onChange={(event) => put(index, { protocol: event.target.value as "tcp" | "udp" })} className="field max-w-18">
            <option>tcp</option>
            <option>udp</option>
          </select>
          <input aria-label="Port in the guest" aria-invalid={!!errors[`forwards[${index}].guestPort`]} inputMode="numeric" placeholder="guest port" value={forward.guestPort} onChange={(event) => put(index, { guestPort: event.target.value })} className="field" />
          <span className="text-xs text-faint">on</span>
          <input aria-label="Port on the host" aria-invalid={!!errors[`forwards[${index}].hostPort`]} inputMode="numeric" placeholder="host port" value={forward.hostPort} onChange={(event) => put(index, { hostPort: event.target.value })} className="field" />
        </Row>
      ))}
    </Rows>
  );
}

/** Further disks: new and empty ones, or files on the host. */
export function DataDisks({ form, errors, set }: Props) {
  const put = (index: number, change: Partial<LaunchForm["dataDisks"][number]>) => set({ dataDisks: form.dataDisks.map((one, at) => (at === index ? { ...one, ...change } : one)) });
  return (
    <Rows title="Data disks" hint="A file must be in a folder that the administrator allowed; it outlives the machine." onAdd={() => set({ dataDisks: [...form.dataDisks, { kind: "new", sizeGiB: "10", path: "" }] })} errors={below(errors, "dataDisks")}>
      {form.dataDisks.map((disk, index) => (
        <Row key={index} label={`disk ${index + 1}`} onRemove={() => set({ dataDisks: form.dataDisks.filter((_, at) => at !== index) })}>
          <select aria-label="Kind of disk" value={disk.kind} onChange={(event) => put(index, { kind: event.target.value as "new" | "file" })} className="field max-w-24">
            <option value="new">new</option>
            <option value="file">file</option>
          </select>
          {disk.kind === "new" ? (
            <input aria-label="Size in GiB" aria-invalid={!!errors[`dataDisks[${index}].sizeGiB`]} inputMode="numeric" placeholder="GiB" value={disk.sizeGiB} onChange={(event) => put(index, { sizeGiB: event.target.value })} className="field" />
          ) : (
            <input aria-label="Path on the host" aria-invalid={!!errors[`dataDisks[${index}].path`]} placeholder="absolute path on the host" value={disk.path} onChange={(event) => put(index, { path: event.target.value })} className="field font-mono text-xs" />
          )}
          {disk.kind === "new" && <span className="text-xs text-faint">GiB</span>}
        </Row>
      ))}
    </Rows>
  );
}
