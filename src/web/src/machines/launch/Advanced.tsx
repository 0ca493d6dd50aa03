import type { Limits } from "../../api/types";
import { FirstBoot } from "../../golden/FirstBoot";
import { SelectField, Field, TextField, Tick } from "../../layout/Field";
import { Endings } from "./Endings";
import type { Errors, LaunchForm } from "./form";
import { HostWishes } from "./HostWishes";
import { DataDisks, Forwards } from "./Lists";

type Props = { form: LaunchForm; errors: Errors; limits: Limits; set: (change: Partial<LaunchForm>) => void };

const fields = ["firmware", "video", "ephemeral", "ttlSeconds", "idle", "userData", "forwards", "dataDisks", "network", "networkMode", "egress", "networkMbps", "diskMiBps", "diskIops", "options", "requires", "hostLabels", "firstBoot"];

/** Whether a broken rule is hidden among the advanced fields. */
export function hidesError(errors: Errors): boolean {
  return Object.keys(errors).some((field) => fields.some((own) => field.startsWith(own)));
}

/** What most launches leave as it is. A golden image has its own devices. */
export function Advanced({ form, errors, limits, set }: Props) {
  const golden = !!form.template?.goldenImage;
  return (
    <div className="flex flex-col gap-4">
      {!golden && (
        <>
          <div className="grid grid-cols-2 gap-3">
            <SelectField label="Firmware" errors={errors.firmware} value={form.firmware} onChange={(event) => set({ firmware: event.target.value as LaunchForm["firmware"] })} options={[["bios", "BIOS"], ["uefi", "UEFI"]]} />
            <SelectField label="Graphics" errors={errors.video} value={form.video} onChange={(event) => set({ video: event.target.value as LaunchForm["video"] })} options={[["std", "Standard VGA"], ["virtio", "virtio (needs a driver)"]]} />
          </div>
          <HostWishes form={form} errors={errors} set={set} />
        </>
      )}
      <Reach form={form} errors={errors} set={set} />
      <Share form={form} errors={errors} limits={limits} set={set} />
      <Forwards form={form} errors={errors} limits={limits} set={set} />
      {golden ? <FirstBoot value={form.firstBoot} errors={errors.firstBoot} onChange={(firstBoot) => set({ firstBoot })} /> : <DataDisks form={form} errors={errors} set={set} />}
      {!golden && <UserData form={form} errors={errors} set={set} />}
      <Endings form={form} errors={errors} set={set} />
      {!golden && (
        <>
          <Tick label="Ephemeral" hint="The disks are thrown away at each stop." checked={form.ephemeral} onChange={(event) => set({ ephemeral: event.target.checked })} />
          <Tick label="Start at once" hint="Otherwise it is created and stays off." checked={form.start} onChange={(event) => set({ start: event.target.checked })} />
        </>
      )}
    </div>
  );
}

/** What the guest may reach. Every host tells what it can keep apart. */
function Reach({ form, errors, set }: Omit<Props, "limits">) {
  return (
    <>
      <SelectField
        label="Network mode"
        hint="What the guest may reach. Its own forwards work in all of them; lan is for administrators."
        errors={errors.networkMode}
        value={form.networkMode}
        onChange={(event) => set({ networkMode: event.target.value as LaunchForm["networkMode"] })}
        options={[["", "The server's default"], ["isolated", "isolated: nothing"], ["internet", "internet: neither the host nor its LAN"], ["lan", "lan: everything that the host reaches"]]}
      />
      {form.networkMode !== "isolated" && form.networkMode !== "lan" && (
        <Field label="Reaches only" errors={errors.egress} hint="One a line: a network, an address, a port there, or names for the host's name servers. Empty: all that the mode lets it.">
          {(ids) => (
            <textarea {...ids} rows={2} spellCheck={false} value={form.egress} placeholder={"203.0.113.0/24:443\nnames"} onChange={(event) => set({ egress: event.target.value })} className="field font-mono text-xs" />
          )}
        </Field>
      )}
    </>
  );
}

/** How much of the host's network and disks it may use. */
function Share({ form, errors, limits, set }: Props) {
  const most = (limit: number | undefined) => (limit === undefined ? "no limit" : String(limit));
  return (
    <div className="grid grid-cols-3 gap-3">
      <TextField label="Bandwidth" aside="Mbit/s" inputMode="numeric" errors={errors.networkMbps} value={form.networkMbps} placeholder={most(limits.networkMbps)} onChange={(event) => set({ networkMbps: event.target.value })} />
      <TextField label="Disk speed" aside="MiB/s" inputMode="numeric" errors={errors.diskMiBps} value={form.diskMiBps} placeholder={most(limits.diskMiBps)} onChange={(event) => set({ diskMiBps: event.target.value })} />
      <TextField label="Disk IOPS" inputMode="numeric" errors={errors.diskIops} value={form.diskIops} placeholder={most(limits.diskIops)} onChange={(event) => set({ diskIops: event.target.value })} />
    </div>
  );
}

function UserData({ form, errors, set }: Omit<Props, "limits">) {
  const hint = form.template ? `Replaces all that ${form.template.name} prepares the guest with; empty: its own.` : "#cloud-config or a script; merged after what Warren itself sets.";
  return (
    <Field label="cloud-init user-data" errors={errors.userData} hint={hint} aside={<UserDataFile onText={(userData) => set({ userData })} />}>
      {(ids) => (
        <textarea {...ids} rows={4} spellCheck={false} value={form.userData} placeholder={"#cloud-config\npackages: [htop]"} onChange={(event) => set({ userData: event.target.value })} className="field font-mono text-xs" />
      )}
    </Field>
  );
}

function UserDataFile({ onText }: { onText: (text: string) => void }) {
  return (
    <label className="cursor-pointer underline underline-offset-2 hover:text-ink has-focus-visible:outline-2 has-focus-visible:outline-accent">
      From a file
      <input type="file" className="sr-only" onChange={(event) => void event.target.files?.[0]?.text().then(onText)} />
    </label>
  );
}
