import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Limits, Machine } from "../api/types";
import { Button } from "../layout/Button";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Loaded } from "../layout/PageFrame";
import { Amount, memoryStops } from "./launch/Amount";
import { limitsQuery, useResize } from "./queries";

/** Changes what a stopped machine gets. */
export function Resize({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const limits = useQuery(limitsQuery);
  return (
    <Modal open onClose={onClose} title={`Resize ${machine.name}`} description="Takes effect when it starts. Disks only grow." width="sm">
      <Loaded query={limits}>{(data) => <Form machine={machine} limits={data} onClose={onClose} />}</Loaded>
    </Modal>
  );
}

function Form({ machine, limits, onClose }: { machine: Machine; limits: Limits; onClose: () => void }) {
  const resize = useResize(machine);
  const { spec } = machine;
  const [memoryMiB, setMemory] = useState<number | undefined>(spec.memoryMiB);
  const [cpus, setCpus] = useState<number | undefined>(spec.cpus);
  const [diskGiB, setDisk] = useState<number | undefined>(spec.diskGiB);
  const errors = fieldErrors(resize.error);
  const wish = {
    ...(memoryMiB !== undefined && memoryMiB !== spec.memoryMiB ? { memoryMiB } : {}),
    ...(cpus !== undefined && cpus !== spec.cpus ? { cpus } : {}),
    ...(diskGiB !== undefined && diskGiB !== spec.diskGiB ? { diskGiB } : {}),
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    resize.mutate(wish, { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
      <ModalBody>
        {resize.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(resize.error)} />}
        <Amount label="Memory" unit="MiB" range={{ ...limits.memoryMiB, minimum: Math.min(limits.memoryMiB.minimum, spec.memoryMiB) }} stops={memoryStops} value={memoryMiB} fallback={`${spec.memoryMiB}`} errors={errors.memoryMiB} onChange={setMemory} />
        <Amount label="CPUs" unit="CPU" range={limits.cpus} value={cpus} fallback={`${spec.cpus}`} errors={errors.cpus} onChange={setCpus} />
        {spec.diskGiB > 0 && <Amount label="System disk" unit="GiB" range={{ ...limits.diskGiB, minimum: spec.diskGiB }} value={diskGiB} fallback={`${spec.diskGiB}`} errors={errors.diskGiB} onChange={setDisk} />}
      </ModalBody>
      <ModalActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={resize.isPending} disabled={Object.keys(wish).length === 0}>
          Resize
        </Button>
      </ModalActions>
    </form>
  );
}
