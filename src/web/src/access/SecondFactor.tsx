import { Download } from "lucide-react";
import qrcode from "qrcode-generator";
import { useMemo, useState, type FormEvent } from "react";
import { explain, fieldErrors } from "../api/problem";
import type { Account } from "../api/types";
import { Button } from "../layout/Button";
import { CopyLine } from "../layout/CopyButton";
import { TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Notice } from "../layout/Notice";
import { Panel } from "../layout/PageFrame";
import { saveText } from "../layout/saveText";
import { toastError } from "../layout/toasts";
import { darkPath, inGroups, isCode } from "./codes";
import { PresentPassword } from "./PresentPassword";
import { useBeginSecondFactor, useConfirmSecondFactor, useRemoveSecondFactor } from "./queries";

/** The second factor: whether there is one, and the way to it and away from it. */
export function SecondFactor({ account }: { account: Account }) {
  const begin = useBeginSecondFactor();
  const [asking, setAsking] = useState(false);
  const [removing, setRemoving] = useState(false);
  const on = account.user.secondFactor;
  return (
    <Panel title="Second factor">
      <div className="flex flex-col items-start gap-3 p-4">
        {on ? (
          <>
            <p className="text-sm text-soft">
              Logging in asks for a code of your authenticator. {account.recoveryCodes} of 10 recovery codes are left.
            </p>
            <Button onClick={() => setRemoving(true)}>Remove second factor</Button>
          </>
        ) : (
          <>
            <p className="text-sm text-soft">With one, a password alone lets nobody in: logging in also asks for a code that an authenticator app shows.</p>
            <Button look="primary" busy={begin.isPending} onClick={() => (account.passwordNeedsCurrent ? setAsking(true) : begin.mutate({}, { onError: toastError }))}>
              Set up second factor
            </Button>
          </>
        )}
      </div>
      {asking && (
        <PresentPassword
          title="Set up second factor"
          name={account.user.name}
          error={begin.error}
          busy={begin.isPending}
          onClose={() => {
            setAsking(false);
            begin.reset();
          }}
          onSubmit={(current) => begin.mutate({ current }, { onSuccess: () => setAsking(false) })}
        />
      )}
      {begin.data && <Setup secret={begin.data.secret} uri={begin.data.uri} onClose={() => begin.reset()} />}
      {removing && <Remove onClose={() => setRemoving(false)} />}
    </Panel>
  );
}

function Setup({ secret, uri, onClose }: { secret: string; uri: string; onClose: () => void }) {
  const confirm = useConfirmSecondFactor();
  const [code, setCode] = useState("");
  const [saved, setSaved] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate(code);
  };

  const codes = confirm.data?.codes;
  if (codes)
    return (
      <Modal open onClose={onClose} title="Recovery codes" width="sm">
        <ModalBody>
          <Notice tone="warn" title="Keep these now" detail="Each lets you in once without your authenticator. They are not shown again." />
          <ul aria-label="Recovery codes" className="grid grid-cols-2 gap-x-4 gap-y-1 rounded-md bg-well p-3 font-mono text-sm">
            {codes.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </ModalBody>
        <ModalActions>
          <Button look={saved ? "plain" : "primary"} icon={<Download className="size-4" />} onClick={() => { saveText("warren-recovery-codes.txt", codes.join("\n") + "\n"); setSaved(true); }}>
            Download
          </Button>
          <Button look={saved ? "primary" : "quiet"} onClick={onClose}>
            Done
          </Button>
        </ModalActions>
      </Modal>
    );

  const errors = fieldErrors(confirm.error);
  return (
    <Modal open onClose={onClose} title="Set up second factor" width="sm">
      <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {confirm.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(confirm.error)} />}
          <p className="text-sm text-soft">Scan this with an authenticator app, or type the secret in by hand.</p>
          <QrCode text={uri} />
          <CopyLine text={inGroups(secret)} label="Copy the secret" />
          <TextField label="Code" autoComplete="one-time-code" inputMode="numeric" mono value={code} onChange={(event) => setCode(event.target.value)} errors={errors.code} hint="Six digits that the app shows now." />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={confirm.isPending} disabled={!isCode(code)}>
            Confirm
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}

/** Dark on white in either theme: many cameras read nothing else. */
function QrCode({ text }: { text: string }) {
  const { size, path } = useMemo(() => {
    const code = qrcode(0, "M");
    code.addData(text);
    code.make();
    const count = code.getModuleCount();
    return { size: count, path: darkPath(count, (row, column) => code.isDark(row, column)) };
  }, [text]);
  return (
    <svg role="img" aria-label="QR code of the secret" viewBox={`-4 -4 ${size + 8} ${size + 8}`} shapeRendering="crispEdges" className="size-52 self-center rounded-lg border bg-white">
      <path d={path} fill="#000" />
    </svg>
  );
}

function Remove({ onClose }: { onClose: () => void }) {
  const remove = useRemoveSecondFactor();
  const [code, setCode] = useState("");
  const errors = fieldErrors(remove.error);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await remove.mutateAsync(code).catch(() => undefined)) onClose();
  };
  return (
    <Modal open onClose={onClose} title="Remove second factor" width="sm">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {remove.error && Object.keys(errors).length === 0 && <Notice tone="bad" {...explain(remove.error)} />}
          <TextField label="Code" autoComplete="one-time-code" mono autoFocus value={code} onChange={(event) => setCode(event.target.value)} errors={errors.code} hint="One last code of your authenticator, or a recovery code." />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" busy={remove.isPending} disabled={!isCode(code)}>
            Remove
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
