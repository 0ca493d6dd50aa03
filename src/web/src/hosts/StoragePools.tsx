import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useIsAdministrator } from "../access/useIsAdministrator";
import { explain, fieldErrors } from "../api/problem";
import type { Host, Storage } from "../api/types";
import { Button, IconButton } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { TextField } from "../layout/Field";
import { bytes } from "../layout/format";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Loaded } from "../layout/PageFrame";
import { can } from "./capabilities";
import { OnHost, Up, Whose } from "./OnHost";
import { storageQuery, useCreateStorage, useDeleteStorage } from "./resources";

/** Where a host keeps disks, where that can be told. */
export function StoragePools({ host, answers }: { host: Host; answers: boolean }) {
  const owner = useIsAdministrator();
  const has = can(host, "storage").available;
  const storage = useQuery({ ...storageQuery(host.name), enabled: has && answers });
  const [making, setMaking] = useState(false);
  if (!has) return null;
  const add = owner && (
    <Button look="quiet" size="sm" icon={<Plus className="size-3.5" />} onClick={() => setMaking(true)}>
      Use a folder
    </Button>
  );
  return (
    <OnHost title="Storage" host={host} answers={answers} aside={add}>
      <div className={storage.data ? "" : "p-4"}>
        <Loaded query={storage}>
          {(list) => (
            <>
              {list.length === 0 && <p className="px-4 py-4 text-sm text-soft">There is none.</p>}
              <ul className="divide-y">
                {list.map((pool) => (
                  <Line key={pool.name} host={host} pool={pool} owner={owner} />
                ))}
              </ul>
            </>
          )}
        </Loaded>
      </div>
      {making && <CreateStorage host={host} onClose={() => setMaking(false)} />}
    </OnHost>
  );
}

function Line({ host, pool, owner }: { host: Host; pool: Storage; owner: boolean }) {
  const remove = useDeleteStorage(host.name);
  const [asking, setAsking] = useState(false);
  return (
    <li className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1.5 text-sm">
      <span className="font-semibold">{pool.name}</span>
      <span className="text-soft">{pool.kind}</span>
      <span className="font-mono text-xs wrap-anywhere text-faint">{pool.path}</span>
      <span className="ml-auto flex items-center gap-1.5">
        {pool.capacityBytes > 0 && (
          <span className="mr-1.5 text-soft tabular-nums">
            {bytes(pool.freeBytes)} of {bytes(pool.capacityBytes)} free
          </span>
        )}
        <Up active={pool.active} />
        <Whose ours={pool.ours} />
        {owner && pool.ours && (
          <IconButton label={`Forget storage ${pool.name}`} onClick={() => setAsking(true)}>
            <Trash2 className="size-4" />
          </IconButton>
        )}
      </span>
      <Confirm open={asking} onClose={() => setAsking(false)} title={`Forget storage ${pool.name}?`} action="Forget storage" onConfirm={() => remove.mutateAsync(pool.name)}>
        <p>{host.name} no longer keeps disks there. A folder that is not empty stays with what is in it.</p>
      </Confirm>
    </li>
  );
}

function CreateStorage({ host, onClose }: { host: Host; onClose: () => void }) {
  const create = useCreateStorage(host.name);
  const [name, setName] = useState("");
  const [path, setPath] = useState("");
  const errors = fieldErrors(create.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ name: name.trim(), path: path.trim() }, { onSuccess: onClose });
  };
  return (
    <Modal open onClose={onClose} title={`Use a folder of ${host.name} for disks`} width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {create.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(create.error)} />}
          <TextField label="Name" autoCapitalize="none" errors={errors.name} value={name} onChange={(event) => setName(event.target.value)} placeholder="fast" />
          <TextField label="Folder" mono errors={errors.path} value={path} onChange={(event) => setPath(event.target.value)} placeholder="/srv/disks" hint="An absolute path on the host." />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} disabled={!name.trim() || !path.trim()}>
            Use folder
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
