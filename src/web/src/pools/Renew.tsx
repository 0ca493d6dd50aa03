import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Lease, Pool } from "../api/types";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { duration } from "../layout/format";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { useRenew } from "./queries";
import { seconds } from "./words";

/** Lets a lease end at another time, counted from now. */
export function Renew({ lease, pool, onClose }: { lease: Lease; pool: Pool; onClose: () => void }) {
  const renew = useRenew(lease);
  const [minutes, setMinutes] = useState(String(pool.leaseSeconds / 60));
  const ttl = seconds(minutes) ?? NaN;
  const errors = fieldErrors(renew.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    renew.mutate(ttl, { onSuccess: onClose });
  };
  return (
    <Modal open onClose={onClose} title={`Renew ${lease.machineName}`} width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {renew.error && !errors.ttlSeconds && <Notice tone="bad" {...explain(renew.error)} />}
          <TextField label="Minutes from now" inputMode="decimal" errors={errors.ttlSeconds} value={minutes} onChange={(event) => setMinutes(event.target.value)} hint={`At most ${duration(pool.leaseMaximumSeconds * 1000)}.`} />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={renew.isPending} disabled={Number.isNaN(ttl)}>
            Renew
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
