import { TemplateLink } from "../../templates/TemplateLink";
import type { LaunchTemplate } from "./form";

/** What of a launch comes from its template. */
export function FromTemplate({ template, image }: { template: LaunchTemplate; image: string }) {
  const { reference, goldenImage, further } = template;
  const lines: [string, string][] = [goldenImage ? ["Golden image", goldenImage] : ["Image", image], ...further];
  return (
    <section aria-label={`From ${reference}`} className="rounded-lg border bg-accent-wash px-3 py-2.5 text-sm">
      <p>
        From <TemplateLink reference={reference} className="font-semibold underline decoration-line-strong underline-offset-3 hover:decoration-ink" />
        <span className="text-soft">, as far as nothing else is said here:</span>
      </p>
      <dl className="mt-1.5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5 text-xs">
        {lines.map(([line, value]) => (
          <div key={line} className="contents">
            <dt className="text-soft">{line}</dt>
            <dd className="line-clamp-3 wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
