import { KeyRound } from "lucide-react";

/** The way in by an OpenID Connect provider; a link, because the browser itself goes there. */
export function Provider({ name }: { name: string }) {
  return (
    <div className="px-6 pt-5">
      <a href="/api/v1/session/provider" className="flex items-center justify-center gap-2 rounded-md border bg-paper px-3 py-2 font-medium hover:bg-well">
        <KeyRound className="size-4" aria-hidden />
        Continue with {name}
      </a>
      <p className="mt-4 flex items-center gap-3 text-xs text-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">or</p>
    </div>
  );
}

const reasons: Record<string, { title: string; detail: string }> = {
  cancelled: { title: "You were not logged in", detail: "It was cancelled at the provider." },
  provider: { title: "The provider could not log you in", detail: "Try again. If it goes on like this, the server's log says why." },
  "no-account": { title: "You have no account here", detail: "The provider knows you, this server does not. Ask an administrator; if you have an account, log in and connect it under Account." },
  disabled: { title: "Your account is disabled", detail: "Ask an administrator of this server." },
  account: { title: "No account could be made for you", detail: "Ask an administrator of this server." },
};

/** What the server sent the browser back for, if it did. */
export function whyRefused(search: string): { title: string; detail: string } | undefined {
  const why = new URLSearchParams(search).get("refused");
  return why === null ? undefined : reasons[why];
}
