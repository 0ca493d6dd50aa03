import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";

const looks = {
  primary: "bg-ink text-paper hover:bg-ink/88 border-transparent",
  plain: "bg-card hover:bg-well border-line-strong",
  quiet: "border-transparent text-soft hover:bg-well hover:text-ink",
  danger: "border-transparent bg-bad text-card hover:bg-bad/88",
};

export type ButtonProps = ComponentProps<"button"> & { look?: keyof typeof looks; size?: "md" | "sm"; busy?: boolean; icon?: ReactNode };

/** Class names of a button, for links that look like one. */
export function buttonClass(look: keyof typeof looks = "plain", size: "md" | "sm" = "md"): string {
  const height = size === "sm" ? "h-7 px-2 text-sm" : "h-8.5 px-3";
  return `inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-45 ${height} ${looks[look]}`;
}

export function Button({ look, size, busy = false, icon, disabled, className = "", children, type = "button", ...rest }: ButtonProps) {
  return (
    <button type={type} disabled={disabled || busy} aria-busy={busy || undefined} className={`${buttonClass(look, size)} ${className}`} {...rest}>
      {busy ? <LoaderCircle className="size-4 animate-spin" /> : icon}
      {children}
    </button>
  );
}

/** A square button that shows only an icon; its label is read out and shown by the browser. */
export function IconButton({ label, className = "", children, type = "button", ...rest }: ComponentProps<"button"> & { label: string }) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={`inline-flex size-7 items-center justify-center rounded-md text-soft transition-colors hover:bg-well hover:text-ink disabled:cursor-not-allowed disabled:opacity-35 ${className}`}
      {...rest}
    >
      {children}
    </button>
  );
}
