import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { fieldErrors } from "../api/problem";
import type { Lease, Pool } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button, buttonClass } from "../layout/Button";
import { CopyLine } from "../layout/CopyButton";
import { SelectField, TextField } from "../layout/Field";
import { duration } from "../layout/format";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Refusal } from "../limits/Refusal";
import { useClaim } from "./queries";
import { seconds, wait as inTime } from "./words";

const waits = [["0", "Not at all"], ["10", "Up to 10 s"], ["30", "Up to 30 s"], ["60", "Up to a minute"]] as const;

/** Takes a machine from a pool, then shows which it is. */
export function Claim({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const claim = useClaim(pool);
  const [name, setName] = useState("");
  const [minutes, setMinutes] = useState("");
  const [wait, setWait] = useState("30");
  const errors = fieldErrors(claim.error);
  const ttlSeconds = seconds(minutes);
  const wrong = Number.isNaN(ttlSeconds);
  if (claim.data) return <Claimed lease={claim.data} onClose={onClose} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    claim.mutate({ wait: Number(wait), ...(name.trim() ? { name: name.trim() } : {}), ...(ttlSeconds === undefined ? {} : { ttlSeconds }) });
  };
  return (
    <Modal open onClose={onClose} title={`Claim a machine from ${pool.name}`} description={pool.spares > 0 ? `${pool.spares} ready: one of them is yours at once.` : "None is ready at the moment; whoever waits longest gets the next one."} width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {claim.error && Object.keys(errors).length === 0 && <Refusal error={claim.error} />}
          <TextField label="Minutes" inputMode="decimal" errors={wrong ? ["Give a number of minutes."] : errors.ttlSeconds} value={minutes} onChange={(event) => setMinutes(event.target.value)} placeholder={String(pool.leaseSeconds / 60)} hint={`Then it is deleted with all it holds. At most ${duration(pool.leaseMaximumSeconds * 1000)}; it can be renewed.`} />
          <SelectField label="Wait for one" value={wait} errors={errors.wait} onChange={(event) => setWait(event.target.value)} options={waits} />
          <TextField label="Name" autoCapitalize="none" errors={errors.name} value={name} onChange={(event) => setName(event.target.value)} placeholder="the spare's own when empty" />
        </ModalBody>
        <ModalActions>
          {claim.isPending && <span className="mr-auto text-sm text-soft">In line for one…</span>}
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={claim.isPending} disabled={wrong}>
            Claim
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}

function Claimed({ lease, onClose }: { lease: Lease; onClose: () => void }) {
  return (
    <Modal open onClose={onClose} title={`${lease.machineName} is yours`} description={`Claimed from ${lease.pool} after ${inTime(lease.waitedMs)}.`} width="sm">
      <ModalBody>
        <p>
          It runs on {lease.host} and is deleted <Ago at={lease.expiresAt} />, unless it is renewed or given back before.
        </p>
        <CopyLine text={`warren ssh ${lease.machineName}`} label="Copy the warren command" prompt />
      </ModalBody>
      <ModalActions>
        <Button onClick={onClose}>Close</Button>
        <Link to="/machines/$name" params={{ name: lease.machineName }} className={buttonClass("primary")}>
          Open {lease.machineName}
        </Link>
      </ModalActions>
    </Modal>
  );
}
