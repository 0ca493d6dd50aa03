import { useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Pool } from "../api/types";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { useResizePool } from "./queries";
import { NumberField } from "./NumberField";
import { seconds } from "./words";

/** Changes how many machines a pool keeps, and for how long. */
export function ResizePool({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const resize = useResizePool(pool);
  const [target, setTarget] = useState<number | undefined>(pool.target);
  const [min, setMin] = useState<number | undefined>(pool.min);
  const [max, setMax] = useState<number | undefined>(pool.max);
  const [age, setAge] = useState(pool.maxAgeSeconds ? String(pool.maxAgeSeconds / 60) : "");
  const errors = fieldErrors(resize.error);
  const maxAgeSeconds = seconds(age) ?? 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wish = { ...(target === undefined ? {} : { target }), ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), ...(Number.isNaN(maxAgeSeconds) ? {} : { maxAgeSeconds }) };
    resize.mutate(wish, { onSuccess: onClose });
  };
  return (
    <Modal open onClose={onClose} title={`Resize ${pool.name}`} description="Spares that are too many are deleted; what is lent stays." width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {resize.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(resize.error)} />}
          <div className="grid grid-cols-3 gap-3">
            <NumberField label="Spares" errors={errors.target} value={target} onChange={setTarget} />
            <NumberField label="Low below" errors={errors.min} value={min} onChange={setMin} />
            <NumberField label="At most" errors={errors.max} value={max} onChange={setMax} />
          </div>
          <TextField label="Replace a spare after" inputMode="decimal" hint="Minutes; empty: never." errors={Number.isNaN(maxAgeSeconds) ? ["Give a number of minutes."] : errors.maxAgeSeconds} value={age} onChange={(event) => setAge(event.target.value)} placeholder="never" />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={resize.isPending} disabled={Number.isNaN(maxAgeSeconds)}>
            Resize
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
