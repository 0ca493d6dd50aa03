import { useRef, useState, type FormEvent } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { explain, fieldErrors } from "../api/problem";
import { Button } from "../layout/Button";
import { Choice } from "../layout/Choice";
import { Field, SelectField, TextField, Tick } from "../layout/Field";
import { bytes } from "../layout/format";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Bar } from "../operations/Progress";
import { useImport } from "./queries";
import { upload } from "./upload";

const formats = [["", "Found by looking"], ["qcow2", "qcow2 disk"], ["raw", "Raw disk"], ["iso", "ISO"], ["container", "Container archive"]] as const;

/** Brings an image in from a URL or from this computer. */
export function AddImage({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const bring = useImport();
  const [from, setFrom] = useState<"url" | "file">("url");
  const [form, setForm] = useState({ name: "", url: "", checksum: "", format: "", defaultUser: "", insecure: false });
  const [file, setFile] = useState<File>();
  const [sent, setSent] = useState<number>();
  const [error, setError] = useState<unknown>();
  const stop = useRef<AbortController>(undefined);
  const set = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));
  const errors = fieldErrors(error);
  const { name, url, checksum, format, defaultUser, insecure } = form;
  const complete = (from === "url" ? /^https?:\/\/./.test(url) : file !== undefined && name !== "") && (insecure || checksum.trim() !== "");

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    try {
      if (from === "url") {
        const optional = { ...(name ? { name } : {}), ...(checksum.trim() ? { checksum: checksum.trim() } : {}), ...(format ? { format } : {}), ...(defaultUser ? { defaultUser } : {}) };
        await bring.mutateAsync({ url, insecure, ...optional });
      } else if (file) {
        stop.current = new AbortController();
        setSent(0);
        await upload({ name, checksum: checksum.trim(), format, insecure, file }, setSent, stop.current.signal);
        await client.invalidateQueries({ queryKey: keys.images });
      }
      onClose();
    } catch (refusal) {
      if (!(refusal instanceof DOMException)) setError(refusal);
    } finally {
      setSent(undefined);
    }
  };

  const take = (chosen: File | undefined) => {
    setFile(chosen);
    if (chosen && !name) set({ name: chosen.name.replace(/\.(qcow2|img|raw|iso)$/i, "").toLowerCase().replace(/[^a-z0-9.-]+/g, "-") });
  };

  const close = () => {
    stop.current?.abort();
    onClose();
  };

  return (
    <Modal open onClose={close} title="Add an image" description="Every image is checked before a machine may use it: its true format, its size, its checksum.">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          <Choice label="Where from" value={from} onChange={setFrom} options={[["url", "From a URL"], ["file", "From this computer"]]} />
          {error !== undefined && <Notice tone="bad" {...explain(error)} />}
          {from === "url" ? (
            <TextField label="URL" type="url" mono value={url} errors={errors.url} onChange={(event) => set({ url: event.target.value })} placeholder="https://…/disk.qcow2" hint="http or https. Addresses of this machine and of private networks are refused." />
          ) : (
            <Field label="File" errors={errors.file} hint={file && bytes(file.size)}>
              {(ids) => <input {...ids} type="file" accept=".qcow2,.img,.raw,.iso" onChange={(event) => take(event.target.files?.[0])} className="field py-1 file:mr-3 file:h-6 file:rounded file:border-0 file:bg-well file:px-2 file:text-sm file:font-medium file:text-ink" />}
            </Field>
          )}
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField label="Name" value={name} errors={errors.name} onChange={(event) => set({ name: event.target.value })} placeholder={from === "url" ? "from the URL" : "my-image"} />
            <SelectField label="Format" value={format} errors={errors.format} onChange={(event) => set({ format: event.target.value })} options={formats} />
          </div>
          <TextField label="Checksum" mono value={checksum} errors={errors.checksum} disabled={insecure} onChange={(event) => set({ checksum: event.target.value })} placeholder="sha256:…" hint="sha256:… or sha512:…, as its publisher gives it." />
          {from === "url" && <TextField label="User for logging in" value={defaultUser} errors={errors.defaultUser} onChange={(event) => set({ defaultUser: event.target.value })} placeholder="the distribution's" />}
          <Tick label="Let it in without a checksum" checked={insecure} onChange={(event) => set({ insecure: event.target.checked })} />
          {insecure && <Notice tone="warn" title="Nobody can tell whether this is the image you mean" detail="Whoever controls the network or the server could have changed it. It stays marked as not verified." />}
          {sent !== undefined && file && (
            <div>
              <p className="mb-1 flex justify-between text-sm text-soft tabular-nums">
                <span>{sent < file.size ? "Sending" : "Being checked"}</span>
                <span>
                  {bytes(sent)} of {bytes(file.size)}
                </span>
              </p>
              <Bar value={(sent / Math.max(1, file.size)) * 100} label="Upload" />
            </div>
          )}
        </ModalBody>
        <ModalActions>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!complete} busy={bring.isPending || sent !== undefined}>
            {from === "url" ? "Import" : "Upload"}
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
