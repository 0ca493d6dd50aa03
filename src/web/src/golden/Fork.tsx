import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef, useState, type FormEvent } from "react";
import { entries } from "../api/pages";
import { fieldErrors } from "../api/problem";
import type { Machine } from "../api/types";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Refusal } from "../limits/Refusal";
import { KeyPicker } from "../machines/launch/KeyPicker";
import { machinesQuery } from "../machines/queries";
import { StateDot } from "../machines/StateDot";
import { hasEnded } from "../operations/hasEnded";
import { InlineProgress } from "../operations/Progress";
import { useOperation } from "../operations/queries";
import { NumberField } from "../pools/NumberField";
import { seconds } from "../pools/words";
import { FirstBoot } from "./FirstBoot";
import { useFork } from "./queries";

const most = 64;

/** Makes machines that go on where a running one stands, and shows them as they come. */
export function Fork({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const fork = useFork(machine);
  const machines = useInfiniteQuery(machinesQuery());
  const forks = entries(machines.data).filter(({ forkOf }) => forkOf === machine.id);
  const before = useRef<Set<string>>(undefined);
  const [count, setCount] = useState<number | undefined>(1);
  const [name, setName] = useState("");
  const [minutes, setMinutes] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [firstBoot, setFirstBoot] = useState("");
  const ttlSeconds = seconds(minutes);
  const errors: Record<string, string[]> = { ...fieldErrors(fork.error), ...(Number.isNaN(ttlSeconds) ? { ttlSeconds: ["Give a number of minutes."] } : {}) };
  if (fork.data) return <Forked machine={machine} operation={fork.data.id} count={count ?? 1} forks={forks.filter(({ id }) => !before.current?.has(id))} onClose={onClose} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    before.current = new Set(forks.map(({ id }) => id));
    fork.mutate({ count: count ?? 1, ...(name.trim() ? { name: name.trim() } : {}), ...(chosen.length > 0 ? { keys: chosen } : {}), ...(firstBoot.trim() ? { firstBoot } : {}), ...(ttlSeconds === undefined ? {} : { ttlSeconds }) });
  };
  const stem = name.trim() || machine.name;
  return (
    <Modal open onClose={onClose} title={`Fork ${machine.name}`} description="New machines that go on from this moment, each with a name, host keys and an address of its own. This one stands still for a moment, then runs on." width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {fork.error && Object.keys(errors).length === 0 && <Refusal error={fork.error} />}
          <div className="grid grid-cols-[6rem_minmax(0,1fr)] gap-3">
            <NumberField label="How many" errors={errors.count} value={count} placeholder="1" onChange={(value) => { setCount(value); if (fork.error) fork.reset(); }} hint={`1 to ${most}`} />
            <TextField label="Name" autoCapitalize="none" errors={errors.name} value={name} onChange={(event) => setName(event.target.value)} placeholder={machine.name} hint={count === 1 && name.trim() ? "Exactly this." : `${stem}-1, ${stem}-2, …`} />
          </div>
          <TextField label="Delete them by themselves after" inputMode="decimal" hint="Minutes; empty: never." errors={errors.ttlSeconds} value={minutes} onChange={(event) => setMinutes(event.target.value)} placeholder="never" />
          <KeyPicker value={chosen} errors={errors.keys} none={`Without any, ${machine.name}'s own keys stay.`} onChange={setChosen} />
          <FirstBoot label="Script to run in each" value={firstBoot} errors={errors.firstBoot} onChange={setFirstBoot} />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={fork.isPending} disabled={Number.isNaN(ttlSeconds)}>
            {count && count > 1 ? `Make ${count} forks` : "Fork"}
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}

/** How far the forks are, and the way to each. */
function Forked({ machine, operation: id, count, forks, onClose }: { machine: Machine; operation: string; count: number; forks: Machine[]; onClose: () => void }) {
  const operation = useOperation(id);
  const done = operation && hasEnded(operation);
  const whole = count === 1 ? "1 fork" : `${count} forks`;
  const title = !done ? `Making ${whole} of ${machine.name}` : operation.status === "succeeded" ? `${whole} of ${machine.name}` : `Forks of ${machine.name} could not be made`;
  const sorted = [...forks].sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
  return (
    <Modal open onClose={onClose} title={title} width="sm">
      <ModalBody>
        <InlineProgress id={id} />
        {done && operation.problem && <Notice tone="bad" title={operation.problem.title} detail={operation.problem.detail} />}
        {done && operation.status === "succeeded" && operation.message && <Notice tone="warn" title="Not all could be made" detail={operation.message} />}
        {sorted.length > 0 && (
          <ul aria-label={`Forks of ${machine.name}`} className="divide-y rounded-lg border bg-card">
            {sorted.map((fork) => (
              <li key={fork.id} className="flex items-center justify-between gap-3 px-3 py-2">
                <Link to="/machines/$name" params={{ name: fork.name }} className="truncate font-semibold underline decoration-line-strong underline-offset-3 hover:decoration-ink">
                  {fork.name}
                </Link>
                <StateDot state={fork.state} />
              </li>
            ))}
          </ul>
        )}
      </ModalBody>
      <ModalActions>
        {!done && <span className="mr-auto text-sm text-soft">They are made whether this stays open or not.</span>}
        <Button onClick={onClose}>Close</Button>
      </ModalActions>
    </Modal>
  );
}
