import { useEffect, useRef, useState, type FormEvent } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { explain, fieldErrors } from "../api/problem";
import type { Upload } from "../api/types";
import { Button } from "../layout/Button";
import { Choice } from "../layout/Choice";
import { Field, SelectField, TextField, Tick } from "../layout/Field";
import { bytes } from "../layout/format";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { uploadsQuery, useGiveUpUpload, useImport } from "./queries";
import { SendingFile } from "./SendingFile";
import { send, unfinishedOf, type Sending } from "./upload";

const formats = [["", "Found by looking"], ["qcow2", "qcow2 disk"], ["raw", "Raw disk"], ["iso", "ISO"], ["container", "Container archive"]] as const;

/** Brings an image in from a URL or from this computer, or goes on with an upload that was broken off. */
export function AddImage({ goOn, onClose }: { goOn?: Upload | undefined; onClose: () => void }) {
  const client = useQueryClient();
  const bring = useImport();
  const giveUp = useGiveUpUpload();
  const [from, setFrom] = useState<"url" | "file">(goOn ? "file" : "url");
  const [form, setForm] = useState({ name: goOn?.name ?? "", url: "", checksum: "", format: "", defaultUser: "", insecure: false });
  const [file, setFile] = useState<File>();
  const [sent, setSent] = useState<number>();
  const [error, setError] = useState<unknown>();
  const [sending, setSending] = useState<Sending>();
  const going = useRef<Sending>(undefined);
  // What is there is kept: whoever comes back goes on.
  useEffect(() => () => going.current?.pause(), []);
  const set = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));
  const errors = fieldErrors(error);
  const { name, url, checksum, format, defaultUser, insecure } = form;
  const isOther = goOn !== undefined && file !== undefined && file.size !== goOn.length;
  const complete = !isOther && (from === "url" ? /^https?:\/\/./.test(url) : file !== undefined && name !== "") && (insecure || goOn !== undefined || checksum.trim() !== "");

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    try {
      if (from === "url") {
        const optional = { ...(name ? { name } : {}), ...(checksum.trim() ? { checksum: checksum.trim() } : {}), ...(format ? { format } : {}), ...(defaultUser ? { defaultUser } : {}) };
        await bring.mutateAsync({ url, insecure, ...optional });
      } else if (file) {
        const terms = { name, checksum: checksum.trim(), format, insecure };
        const known = goOn ? { upload: goOn, isSame: true } : unfinishedOf(file, terms, await client.fetchQuery({ ...uploadsQuery, staleTime: 0 }));
        if (known && !known.isSame) await giveUp.mutateAsync(known.upload.id);
        const unfinished = known?.isSame ? known.upload : undefined;
        setSent(unfinished?.offset ?? 0);
        going.current = send({ ...terms, file }, unfinished, setSent);
        setSending(going.current);
        await going.current.done;
        await client.invalidateQueries({ queryKey: keys.images });
      }
      onClose();
    } catch (refusal) {
      setError(refusal);
    } finally {
      going.current = undefined;
      setSending(undefined);
      setSent(undefined);
      await client.invalidateQueries({ queryKey: keys.uploads });
    }
  };

  const take = (chosen: File | undefined) => {
    setFile(chosen);
    if (chosen && !name) set({ name: chosen.name.replace(/\.(qcow2|img|raw|iso)$/i, "").toLowerCase().replace(/[^a-z0-9.-]+/g, "-") });
  };

  return (
    <Modal open onClose={onClose} title={goOn ? `Go on with ${goOn.name}` : "Add an image"} description="Every image is checked before a machine may use it: its true format, its size, its checksum.">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {goOn && <Notice tone="info" title={`Choose ${goOn.fileName ?? "the same file"} again`} detail={`${bytes(goOn.offset)} of ${bytes(goOn.length)} are here; a browser does not keep the file itself.`} />}
          {!goOn && <Choice label="Where from" value={from} onChange={setFrom} options={[["url", "From a URL"], ["file", "From this computer"]]} />}
          {error !== undefined && <Notice tone="bad" {...explain(error)} />}
          {from === "url" ? (
            <TextField label="URL" type="url" mono value={url} errors={errors.url} onChange={(event) => set({ url: event.target.value })} placeholder="https://…/disk.qcow2" hint="http or https. Addresses of this machine and of private networks are refused." />
          ) : (
            <Field label="File" errors={isOther ? [`it has ${bytes(file!.size)}; the file that was begun has ${bytes(goOn!.length)}`] : errors.file} hint={file && bytes(file.size)}>
              {(ids) => <input {...ids} type="file" accept=".qcow2,.img,.raw,.iso" onChange={(event) => take(event.target.files?.[0])} className="field py-1 file:mr-3 file:h-6 file:rounded file:border-0 file:bg-well file:px-2 file:text-sm file:font-medium file:text-ink" />}
            </Field>
          )}
          {!goOn && (
            <>
              <div className="grid gap-4 sm:grid-cols-2">
                <TextField label="Name" value={name} errors={errors.name} onChange={(event) => set({ name: event.target.value })} placeholder={from === "url" ? "from the URL" : "my-image"} />
                <SelectField label="Format" value={format} errors={errors.format} onChange={(event) => set({ format: event.target.value })} options={formats} />
              </div>
              <TextField label="Checksum" mono value={checksum} errors={errors.checksum} disabled={insecure} onChange={(event) => set({ checksum: event.target.value })} placeholder="sha256:…" hint="sha256:… or sha512:…, as its publisher gives it." />
              {from === "url" && <TextField label="User for logging in" value={defaultUser} errors={errors.defaultUser} onChange={(event) => set({ defaultUser: event.target.value })} placeholder="the distribution's" />}
              <Tick label="Let it in without a checksum" checked={insecure} onChange={(event) => set({ insecure: event.target.checked })} />
              {insecure && <Notice tone="warn" title="Nobody can tell whether this is the image you mean" detail="Whoever controls the network or the server could have changed it. It stays marked as not verified." />}
            </>
          )}
          {sending && sent !== undefined && file && <SendingFile sending={sending} sent={sent} size={file.size} onGivenUp={onClose} />}
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>{sending ? "Close" : "Cancel"}</Button>
          <Button type="submit" look="primary" disabled={!complete} busy={bring.isPending || sent !== undefined}>
            {from === "url" ? "Import" : "Upload"}
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
