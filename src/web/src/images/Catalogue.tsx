import { useQuery } from "@tanstack/react-query";
import { Check, Download, Hammer, Rocket } from "lucide-react";
import { Link } from "@tanstack/react-router";
import type { CatalogueEntry, Image } from "../api/types";
import { Button, buttonClass } from "../layout/Button";
import { bytes, duration, memory } from "../layout/format";
import { Loaded } from "../layout/PageFrame";
import { toastError } from "../layout/toasts";
import { InlineProgress } from "../operations/Progress";
import { catalogueQuery, useImport } from "./queries";

/** What can be had with one click: recipes are built here, distributions' images are downloaded. */
export function Catalogue({ images }: { images: readonly Image[] }) {
  const catalogue = useQuery(catalogueQuery);
  return (
    <Loaded query={catalogue}>
      {(list) => (
        <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
          {list.map((entry) => (
            <EntryCard key={entry.name} entry={entry} coming={images.find((image) => image.operation && (image.name === entry.name || image.source === `recipe:${entry.name}`))} />
          ))}
        </ul>
      )}
    </Loaded>
  );
}

function EntryCard({ entry, coming }: { entry: CatalogueEntry; coming: Image | undefined }) {
  const get = useImport();
  const recipe = entry.kind === "recipe";
  const cost = recipe ? entry.buildSeconds && `about ${duration(entry.buildSeconds * 1000)} to build` : entry.downloadBytes && bytes(entry.downloadBytes);
  return (
    <li className="flex flex-col rounded-lg border bg-card p-4 shadow-card">
      <div className="flex items-baseline justify-between gap-3">
        <h3 className="font-semibold">{entry.title}</h3>
        <code className="truncate font-mono text-xs text-faint">{entry.name}</code>
      </div>
      {entry.description && <p className="mt-1 line-clamp-2 text-sm text-soft">{entry.description}</p>}
      <p className="mt-2 mb-3 text-xs text-faint">
        {[cost, `${memory(entry.defaultMemoryMiB)} memory`, entry.defaultUser && `user ${entry.defaultUser}`].filter(Boolean).join(" · ")}
      </p>
      <div className="mt-auto flex min-h-7 items-center justify-between gap-3">
        {entry.imageId ? (
          <>
            <span className="flex items-center gap-1.5 text-sm text-good">
              <Check className="size-4" /> In the store
            </span>
            <Link to="/" search={{ launch: entry.name }} className={buttonClass("plain", "sm")}>
              <Rocket className="size-3.5" /> Launch
            </Link>
          </>
        ) : coming ? (
          <InlineProgress id={coming.operation} />
        ) : (
          <Button
            size="sm"
            icon={recipe ? <Hammer className="size-3.5" /> : <Download className="size-3.5" />}
            busy={get.isPending}
            onClick={() => get.mutate(recipe ? { recipe: entry.name } : { catalogue: entry.name }, { onError: toastError })}
          >
            {recipe ? "Build" : "Download"}
          </Button>
        )}
      </div>
    </li>
  );
}
