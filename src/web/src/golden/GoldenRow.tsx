import { Link } from "@tanstack/react-router";
import { Check, HardDrive, MemoryStick, Pencil, Rocket, Trash2 } from "lucide-react";
import { useState } from "react";
import type { GoldenImage } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button, IconButton } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { memory } from "../layout/format";
import { InlineProgress } from "../operations/Progress";
import { EditGolden } from "./EditGolden";
import { LaunchGolden } from "./LaunchGolden";
import { useDeleteGolden, useMarkReady } from "./queries";
import { lineage, reference } from "./words";

/** One golden image: what it holds, where it came from, and what can be done with it. */
export function GoldenRow({ image, all }: { image: GoldenImage; all: readonly GoldenImage[] }) {
  const remove = useDeleteGolden();
  const markReady = useMarkReady();
  const [asking, setAsking] = useState<"launch" | "edit" | "delete">();
  const close = () => setAsking(undefined);
  const parents = lineage(image, all);
  const warm = image.kind === "warm";
  const name = reference(image);
  const byHand = image.state === "preparing" && image.markReadyByHand && !image.operation;
  return (
    <li className="rows-later flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:flex-nowrap">
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <span className="truncate font-semibold">
            {image.name}
            <span className="text-faint">@{image.version}</span>
          </span>
          <span className={`tag ${warm ? "bg-calm-wash text-calm" : "bg-well text-soft"}`} title={warm ? "Memory, devices and disks: what is made from it goes on from that moment" : "Disks: what is made from it boots"}>
            {warm ? <MemoryStick className="size-3.5" /> : <HardDrive className="size-3.5" />} {warm ? "Warm" : "Disk"}
          </span>
          <State image={image} />
        </p>
        <p className="text-xs text-faint">
          from{" "}
          <Link to="/machines/$name" params={{ name: image.machine }} className="underline decoration-line-strong underline-offset-3 hover:text-ink">
            {image.machine}
          </Link>
          {parents.length > 0 && <> · came from {parents.map(reference).join(", from ")}</>} · on {image.host} · {memory(image.spec.memoryMiB)} ·{" "}
          {image.machinesMade === 1 ? "1 machine made" : `${image.machinesMade} machines made`} · <Ago at={image.createdAt} />
        </p>
        {image.description && <p className="text-sm wrap-anywhere whitespace-pre-line text-soft">{image.description}</p>}
        {byHand && (
          <p className="text-sm text-soft">
            Prepare {image.machine} as you like it, then mark this ready: it is frozen at that moment.
          </p>
        )}
        {image.problem && <p className="text-sm wrap-anywhere text-bad">{image.problem.detail ?? image.problem.title}</p>}
        {image.prepare && (
          <details className="mt-1 text-xs">
            <summary className="inline rounded text-soft hover:text-ink">Prepare script</summary>
            <pre className="mt-1 max-h-40 overflow-auto rounded-md bg-well p-2 font-mono">{image.prepare}</pre>
          </details>
        )}
      </div>
      {image.operation && (
        <div className="w-full sm:w-56">
          <InlineProgress id={image.operation} />
        </div>
      )}
      <div className="flex items-center gap-1">
        {byHand && (
          <Button size="sm" look="primary" aria-label={`Mark ${name} ready`} icon={<Check className="size-3.5" />} busy={markReady.isPending} onClick={() => markReady.mutate(image.id)}>
            Mark ready
          </Button>
        )}
        {image.state === "ready" && (
          <Button size="sm" aria-label={`Launch from ${name}`} icon={<Rocket className="size-3.5" />} onClick={() => setAsking("launch")}>
            Launch
          </Button>
        )}
        <IconButton label={`Rename or describe ${name}`} onClick={() => setAsking("edit")}>
          <Pencil className="size-4" />
        </IconButton>
        <IconButton label={`Delete ${name}`} disabled={!!image.operation} onClick={() => setAsking("delete")}>
          <Trash2 className="size-4" />
        </IconButton>
      </div>
      {asking === "launch" && <LaunchGolden image={image} onClose={close} />}
      {asking === "edit" && <EditGolden image={image} onClose={close} />}
      <Confirm open={asking === "delete"} title={`Delete ${name}?`} action="Delete golden image" onClose={close} onConfirm={() => remove.mutateAsync(image.id)}>
        <p>{warm ? "Its memory and disks are" : "Its disks are"} removed from {image.host}. It is refused while machines that came from it are there, or a pool fills from it.</p>
      </Confirm>
    </li>
  );
}

function State({ image }: { image: GoldenImage }) {
  switch (image.state) {
    case "ready":
      return null;
    case "failed":
      return <span className="tag bg-bad-wash text-bad">Failed</span>;
    case "deleting":
      return <span className="tag bg-well text-soft">Being deleted</span>;
    case "preparing":
      return <span className="tag bg-accent-wash text-accent">Being prepared</span>;
    case "building":
      return <span className="tag bg-accent-wash text-accent">Being made</span>;
  }
}
