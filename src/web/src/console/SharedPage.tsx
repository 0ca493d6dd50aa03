import { MonitorOff } from "lucide-react";
import { useEffect, useState, type FormEvent } from "react";
import { takeSecret } from "../access/session";
import { explain } from "../api/problem";
import type { OpenedShare } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Notice } from "../layout/Notice";
import { Toasts } from "../layout/Toasts";
import { openShare } from "./queries";
import { ScreenFrame } from "./ScreenFrame";

// A page that is loaded again still has its link; a closed tab has not.
const kept = "warren.share";

/** What a share link leads to: one screen, for somebody without an account. */
export function SharedPage() {
  const [secret] = useState(() => {
    const given = takeSecret();
    if (given) sessionStorage.setItem(kept, given);
    return given ?? sessionStorage.getItem(kept) ?? "";
  });
  const [name, setName] = useState("");
  const [share, setShare] = useState<OpenedShare>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  useEffect(() => void (document.title = share ? `${share.machine} · Warren` : "Shared screen · Warren"), [share]);

  const enter = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      setShare(await openShare(secret, name.trim()));
    } catch (refusal) {
      setError(refusal);
    }
    setBusy(false);
  };

  if (share)
    return (
      <main className="mx-auto flex max-w-6xl flex-col gap-3 px-3 py-4 sm:px-5">
        <ScreenFrame
          title={share.machine}
          way={async () => (await openShare(secret, name.trim())).ticket.path}
          which={share.machine}
          available
          absent={{ title: "The screen is not open", icon: <MonitorOff className="mb-2 size-7 stroke-[1.4] opacity-50" /> }}
          tall
        />
        <p className="text-xs text-faint">
          {share.role === "view" ? "You look on. Ask for the control under “Who is here”." : "You control this machine with others."} The link ends <Ago at={share.expiresAt} />.
        </p>
        <Toasts />
      </main>
    );
  return (
    <main className="flex min-h-dvh items-center justify-center px-5 py-10">
      <form onSubmit={(event) => void enter(event)} noValidate className="flex w-full max-w-sm flex-col gap-4">
        <img src="/warren.svg" alt="" className="size-11" />
        <div>
          <h1 className="text-2xl">A shared screen</h1>
          <p className="mt-1 text-soft">Somebody lets you look at a machine of theirs.</p>
        </div>
        {error !== undefined && <Notice tone="bad" {...explain(error)} />}
        {secret ? (
          <>
            <TextField label="Your name" hint="The others who look see it. Empty: guest." value={name} maxLength={40} autoFocus onChange={(event) => setName(event.target.value)} />
            <Button type="submit" look="primary" busy={busy}>
              Look
            </Button>
          </>
        ) : (
          <Notice tone="info" title="The link is not complete" detail="Open it as it was sent to you, with all that stands behind the #." />
        )}
      </form>
    </main>
  );
}
