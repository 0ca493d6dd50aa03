import { useState } from "react";
import type { Pool } from "../api/types";
import { Confirm } from "../layout/Confirm";
import { Tick } from "../layout/Field";
import { useDeletePool } from "./queries";

/** Asks before a pool is forgotten; what is lent goes only when that is said. */
export function DeletePool({ pool, onDeleted, onClose }: { pool: Pool; onDeleted: () => Promise<unknown>; onClose: () => void }) {
  const remove = useDeletePool(pool);
  const [force, setForce] = useState(false);
  const confirm = async () => {
    await remove.mutateAsync(force);
    await onDeleted();
  };
  const lent = pool.lent === 1 ? "1 machine that is" : `${pool.lent} machines that are`;
  return (
    <Confirm open onClose={onClose} title={`Delete ${pool.name}?`} action="Delete pool" disabled={pool.lent > 0 && !force} onConfirm={confirm}>
      <div className="flex flex-col gap-3">
        <p>Its spares are deleted with all they hold, and claims that wait in line get nothing.</p>
        {pool.lent > 0 && <Tick label={`Delete ${lent} lent, too`} hint="Whoever holds them loses them at once. Otherwise wait for their leases to end." checked={force} onChange={(event) => setForce(event.target.checked)} />}
      </div>
    </Confirm>
  );
}
