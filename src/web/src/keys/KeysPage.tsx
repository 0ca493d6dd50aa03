import { useInfiniteQuery } from "@tanstack/react-query";
import { KeyRound, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { entries } from "../api/pages";
import type { SshKey } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button, IconButton } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { CopyButton } from "../layout/CopyButton";
import { MoreRows } from "../layout/MoreRows";
import { Empty, Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { CreateKey } from "./CreateKey";
import { sshKeysQuery, useDeleteKey } from "./queries";

/** SSH keys: public parts, to be put into guests. */
export function KeysPage() {
  const list = useInfiniteQuery(sshKeysQuery);
  const [making, setMaking] = useState(false);
  const add = (
    <Button look="primary" icon={<Plus className="size-4" />} onClick={() => setMaking(true)}>
      New key
    </Button>
  );
  return (
    <PageFrame title="Keys" lead="Public keys that are put into guests at launch. Private parts stay with you." actions={add}>
      <Loaded query={list}>
        {(data) =>
          entries(data).length === 0 ? (
            <Empty icon={<KeyRound />} title="No keys yet">
              Make a pair here, or store the public part of one that you have. Machines launched with it can be reached by SSH.
            </Empty>
          ) : (
            <>
              <Panel>
                <ul className="divide-y">
                  {entries(data).map((key) => (
                    <KeyRow key={key.id} sshKey={key} />
                  ))}
                </ul>
              </Panel>
              <MoreRows more={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
            </>
          )
        }
      </Loaded>
      {making && <CreateKey onClose={() => setMaking(false)} />}
    </PageFrame>
  );
}

function KeyRow({ sshKey }: { sshKey: SshKey }) {
  const remove = useDeleteKey();
  const [asking, setAsking] = useState(false);
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2">
          <span className="truncate font-semibold">{sshKey.name}</span>
          <span className="text-xs text-faint">
            {sshKey.algorithm} · <Ago at={sshKey.createdAt} />
          </span>
        </p>
        <p className="flex items-center gap-1">
          <code className="truncate font-mono text-xs text-soft">{sshKey.fingerprint}</code>
        </p>
      </div>
      <CopyButton text={sshKey.publicKey} label="Copy the public key" />
      <IconButton label={`Delete ${sshKey.name}`} onClick={() => setAsking(true)}>
        <Trash2 className="size-4" />
      </IconButton>
      <Confirm open={asking} title={`Delete key ${sshKey.name}?`} action="Delete key" onClose={() => setAsking(false)} onConfirm={() => remove.mutateAsync(sshKey.id)}>
        <p>It cannot be chosen for new machines any more. Machines that have it already keep it.</p>
      </Confirm>
    </li>
  );
}
