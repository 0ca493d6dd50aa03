import type { TemplateValidation } from "../api/types";
import { Fact } from "../layout/Fact";
import { Panel } from "../layout/PageFrame";
import { launched } from "./words";

const placeholders = [
  ["{user}", "Name of whoever launches."],
  ["{machine}", "Name of the machine; not within machineName."],
  ["{{", "A brace: {{user} stays {user}."],
  ["${name}", "The shell's, and stays as it is."],
] as const;

/** What may stand in braces in a template's texts. */
export function Placeholders() {
  return (
    <Panel title="Placeholders">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 px-4 py-3 text-sm">
        {placeholders.map(([text, meaning]) => (
          <div key={text} className="contents">
            <dt>
              <code className="rounded bg-well px-1 py-0.5 font-mono text-xs">{text}</code>
            </dt>
            <dd className="text-soft">{meaning}</dd>
          </div>
        ))}
      </dl>
      <p className="border-t px-4 py-2.5 text-xs text-faint">
        In machineName, in all of cloudInit, and in the steps. YAML takes a value that begins with a brace for a mapping: write{" "}
        <code className="font-mono whitespace-nowrap">"{"{user}"}"</code>.
      </p>
    </Panel>
  );
}

/** The launch that a text stands for, as it would be if who is logged in launched it now. */
export function Rendered({ check }: { check: TemplateValidation | undefined }) {
  const request = check?.rendered;
  return (
    <Panel title="If you launched it now">
      {request ? (
        <>
          <dl className="divide-y px-4 py-1 text-sm">
            {launched(request).map(([name, value]) => (
              <Fact key={name} name={name}>
                {value}
              </Fact>
            ))}
          </dl>
          {request.userData && (
            <details className="border-t px-4 py-2.5 text-sm">
              <summary className="rounded text-soft hover:text-ink">What cloud-init gets</summary>
              <pre tabIndex={0} aria-label="User-data" className="mt-2 max-h-72 overflow-auto rounded-md bg-well p-2 font-mono text-xs">
                {request.userData}
              </pre>
            </details>
          )}
        </>
      ) : (
        <p className="px-4 py-3 text-sm text-soft">{check ? "Shown when there are no mistakes." : "Shown when the text has been checked."}</p>
      )}
    </Panel>
  );
}
