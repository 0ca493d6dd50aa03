import { Link } from "@tanstack/react-router";
import { parseReference } from "./words";

const look = "underline decoration-line-strong underline-offset-3 hover:decoration-ink";

/** The way to a template, or to the version of it that is named. */
export function TemplateLink({ reference, className = look }: { reference: string; className?: string }) {
  const { name, version } = parseReference(reference);
  return (
    <Link to="/templates/$name" params={{ name }} search={version ? { version } : {}} className={className}>
      {reference}
    </Link>
  );
}
