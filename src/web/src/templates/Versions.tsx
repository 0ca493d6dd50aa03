import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Template } from "../api/types";
import { Ago } from "../layout/Ago";
import { Loaded, Panel } from "../layout/PageFrame";
import { templateVersionsQuery } from "./queries";

/** All versions of a template; each can be looked at and launched from. */
export function Versions({ template }: { template: Template }) {
  const versions = useQuery(templateVersionsQuery(template.name));
  return (
    <Panel title="Versions">
      <div className="px-2 py-2">
        <Loaded query={versions}>
          {(all) => (
            <ol aria-label={`Versions of ${template.name}`} className="flex max-h-72 flex-col overflow-y-auto">
              {all.map(({ version, createdAt }, index) => (
                <li key={version}>
                  <Link
                    to="/templates/$name"
                    params={{ name: template.name }}
                    search={index === 0 ? {} : { version }}
                    aria-current={version === template.version ? "page" : undefined}
                    className="flex items-baseline justify-between gap-4 rounded-md px-2 py-1.5 text-sm hover:bg-well aria-[current=page]:bg-well aria-[current=page]:font-semibold"
                  >
                    <span>
                      Version {version}
                      {index === 0 && <span className="font-normal text-faint">, the newest</span>}
                    </span>
                    <span className="font-normal text-faint">{createdAt && <Ago at={createdAt} />}</span>
                  </Link>
                </li>
              ))}
            </ol>
          )}
        </Loaded>
      </div>
    </Panel>
  );
}
