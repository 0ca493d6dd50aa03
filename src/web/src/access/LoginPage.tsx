import { useNavigate } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import { useEffect, useState } from "react";
import { ApiError, explain } from "../api/problem";
import { CopyLine } from "../layout/CopyButton";
import { Notice } from "../layout/Notice";
import { logIn, takeSecret } from "./session";

// Taken when the page's code is first read: the secret should be in the address bar no longer than that.
let waiting = location.pathname === "/login" ? takeSecret() : undefined;

/** Logs in with the one-time secret of a link, or says how to get such a link. */
export function LoginPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [busy, setBusy] = useState(waiting !== undefined);
  const [error, setError] = useState<unknown>();

  useEffect(() => {
    document.title = "Log in · Warren";
    const use = async (secret: string) => {
      setBusy(true);
      setError(undefined);
      try {
        await logIn(secret);
        client.clear();
        await navigate({ to: "/" });
      } catch (refusal) {
        setError(refusal);
        setBusy(false);
      }
    };
    const secret = waiting;
    waiting = undefined;
    if (secret) void use(secret);
    // A second link pasted into this tab changes the fragment only.
    const onHash = () => {
      const later = takeSecret();
      if (later) void use(later);
    };
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, [client, navigate]);

  return (
    <main className="flex min-h-dvh items-center justify-center px-5 py-10">
      <div className="w-full max-w-sm">
        <img src="/warren.svg" alt="" className="size-11" />
        <h1 className="mt-5 text-2xl">Warren</h1>
        {busy ? (
          <p role="status" className="mt-2 flex items-center gap-2 text-soft">
            <LoaderCircle className="size-4 animate-spin" /> Logging in…
          </p>
        ) : (
          <>
            <p className="mt-1 text-soft">You are not logged in. There is no password here: a link that works once logs this browser in.</p>
            {error !== undefined && (
              <div className="mt-5">
                <Refusal error={error} />
              </div>
            )}
            <p className="mt-6 mb-1.5 text-sm font-medium">On the machine that runs Warren, ask for a link and open it:</p>
            <CopyLine text="warren login-link" label="Copy the command" prompt />
            <p className="mt-2 text-xs text-faint">It also stands in the server's log after its first start.</p>
          </>
        )}
      </div>
    </main>
  );
}

function Refusal({ error }: { error: unknown }) {
  const refused = error instanceof ApiError && (error.problem.status === 401 || error.problem.status === 403 || error.problem.status === 404);
  return refused ? <Notice tone="bad" title="This link does not work any more" detail="Each link works once, and only for a while. Ask for a new one." /> : <Notice tone="bad" {...explain(error)} />;
}
