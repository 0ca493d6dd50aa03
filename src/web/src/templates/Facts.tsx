import { Link } from "@tanstack/react-router";
import type { Template } from "../api/types";
import { Fact } from "../layout/Fact";
import { memory } from "../layout/format";
import { Panel } from "../layout/PageFrame";
import { further, ofPool } from "./words";

/** What machines of a template are made of, as far as it says so. */
export function Makes({ template }: { template: Template }) {
  const { image, goldenImage, content } = template;
  return (
    <Panel title="What it makes">
      <dl className="divide-y px-4 py-1 text-sm">
        <Fact name={goldenImage ? "Golden image" : "Image"}>
          <Link to="/images" className="underline decoration-line-strong underline-offset-3 hover:decoration-ink">
            {goldenImage ?? image}
          </Link>
        </Fact>
        {content?.memoryMiB && <Fact name="Memory">{memory(content.memoryMiB)}</Fact>}
        {content?.cpus && <Fact name="CPUs">{content.cpus}</Fact>}
        {content?.diskGiB && <Fact name="System disk">{content.diskGiB} GiB</Fact>}
        {content && further(content).map(([name, value]) => <Fact key={name} name={name}>{value}</Fact>)}
      </dl>
      {content && content.provision.length > 0 && (
        <div className="border-t px-4 py-3">
          <p className="eyebrow mb-1.5">Steps that prepare the guest</p>
          <ol className="flex list-decimal flex-col gap-1 pl-4.5 text-sm marker:text-faint">
            {content.provision.map(({ name, file }, index) => (
              <li key={index}>
                {name}
                {file && <code className="block font-mono text-xs wrap-anywhere text-faint">{file}</code>}
              </li>
            ))}
          </ol>
        </div>
      )}
    </Panel>
  );
}

/** What it says of pools. */
export function OfPool({ template }: { template: Template }) {
  const pool = template.content?.pool;
  return (
    <Panel title="Pool">
      {pool ? (
        <dl className="divide-y px-4 py-1 text-sm">
          {ofPool(pool).map(([name, value]) => (
            <Fact key={name} name={name}>
              {value}
            </Fact>
          ))}
        </dl>
      ) : (
        <p className="px-4 py-3 text-sm text-soft">It says nothing of pools; a pool of it needs a number of spares.</p>
      )}
    </Panel>
  );
}
