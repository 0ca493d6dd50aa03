import { useNavigate } from "@tanstack/react-router";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import { useEffect, useState } from "react";
import { ApiError, explain } from "../api/problem";
import { Notice } from "../layout/Notice";
import { ThemeToggle } from "../layout/ThemeToggle";
import { CodeForm } from "./CodeForm";
import { LoginForm } from "./LoginForm";
import { SignUpForm } from "./SignUpForm";
import { Provider, whyRefused } from "./Provider";
import { doorQuery, logIn, takeSecret } from "./session";

// Taken when the page's code is first read: the secret should be in the address bar no longer than that.
let waiting = location.pathname === "/login" ? takeSecret() : undefined;
let invited = location.pathname === "/sign-up" ? takeSecret() : undefined;

const tabs = [
  ["log-in", "Log in"],
  ["sign-up", "Sign up"],
] as const;

/** The door: logs in with name and password, with a one-time link, or makes an account. */
export function LoginPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [invitation] = useState(() => invited);
  const [tab, setTab] = useState<(typeof tabs)[number][0]>(location.pathname === "/sign-up" ? "sign-up" : "log-in");
  const [busy, setBusy] = useState(waiting !== undefined);
  const [challenge, setChallenge] = useState<string>();
  const [error, setError] = useState<unknown>();
  const [refused] = useState(() => whyRefused(location.search));
  const { data: door } = useQuery(doorQuery);

  const enter = async () => {
    client.clear();
    await navigate({ to: "/" });
  };

  useEffect(() => {
    document.title = "Log in · Warren";
    const use = async (secret: string) => {
      // The provider was the first half.
      if (secret.startsWith("challenge.")) {
        setBusy(false);
        setChallenge(secret.slice("challenge.".length));
        return;
      }
      setBusy(true);
      setError(undefined);
      try {
        const asked = await logIn({ secret });
        if (asked) setChallenge(asked);
        else await enter();
      } catch (refusal) {
        setError(refusal);
      }
      setBusy(false);
    };
    const secret = waiting;
    waiting = invited = undefined;
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
    <main className="flex min-h-dvh items-center justify-center bg-well px-4 py-10">
      <div className="fixed top-4 right-4">
        <ThemeToggle />
      </div>
      <div role="dialog" aria-label="Welcome to Warren" className="w-full max-w-sm animate-rise rounded-xl border bg-paper shadow-float">
        <header className="flex items-center gap-3 px-6 pt-6">
          <img src="/warren.svg" alt="" className="size-9" />
          <h1 className="text-2xl">Warren</h1>
        </header>
        {busy ? (
          <p role="status" className="flex items-center gap-2 px-6 py-8 text-soft">
            <LoaderCircle className="size-4 animate-spin" /> Logging in…
          </p>
        ) : challenge ? (
          <CodeForm challenge={challenge} onEntered={enter} onBack={() => setChallenge(undefined)} />
        ) : (
          <>
            <div role="tablist" aria-label="What to do" className="mt-4 flex gap-5 border-b px-6">
              {tabs.map(([value, text]) => (
                <button
                  key={value}
                  type="button"
                  role="tab"
                  id={`tab-${value}`}
                  aria-selected={tab === value}
                  aria-controls="door"
                  onClick={() => setTab(value)}
                  className="-mb-px border-b-2 border-transparent py-2 font-medium text-soft hover:text-ink aria-selected:border-accent aria-selected:text-ink"
                >
                  {text}
                </button>
              ))}
            </div>
            <div role="tabpanel" id="door" aria-labelledby={`tab-${tab}`}>
              {(error !== undefined || refused) && <div className="px-6 pt-5">{error !== undefined ? <Refusal error={error} /> : refused && <Notice tone="bad" {...refused} />}</div>}
              {door?.provider && <Provider name={door.provider} />}
              {tab === "log-in" ? <LoginForm onEntered={enter} onChallenge={setChallenge} /> : <SignUpForm mode={door?.mode} invitation={invitation} onEntered={enter} />}
            </div>
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
