import { Link } from "@tanstack/react-router";
import { Disc3, HardDrive, Rocket, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Image } from "../api/types";
import { Ago } from "../layout/Ago";
import { buttonClass, IconButton } from "../layout/Button";
import { Confirm } from "../layout/Confirm";
import { CopyButton } from "../layout/CopyButton";
import { bytes } from "../layout/format";
import { InlineProgress } from "../operations/Progress";
import { useDeleteImage } from "./queries";
import { Verification } from "./Verification";

/** One image of the store. */
export function ImageRow({ image }: { image: Image }) {
  const remove = useDeleteImage();
  const [asking, setAsking] = useState(false);
  const Icon = image.format === "iso" ? Disc3 : HardDrive;
  return (
    <li className="rows-later flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:flex-nowrap">
      <Icon className="hidden size-5 shrink-0 stroke-[1.5] text-faint sm:block" />
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <span className="truncate font-semibold">{image.name}</span>
          {image.state === "ready" && <Verification verification={image.verification} />}
          {image.state === "failed" && <span className="tag bg-bad-wash text-bad">Failed</span>}
        </p>
        <p className="truncate text-xs text-faint">
          {[image.format, image.sizeBytes && bytes(image.sizeBytes), image.virtualSizeBytes && image.format !== "iso" && `${bytes(image.virtualSizeBytes)} disk`].filter(Boolean).join(" · ") || image.state} · {image.source} · <Ago at={image.createdAt} />
        </p>
        {image.problem && <p className="text-sm wrap-anywhere text-bad">{image.problem.detail ?? image.problem.title}</p>}
        {image.sha256 && (
          <p className="hidden items-center gap-1 md:flex">
            <code className="truncate font-mono text-xs text-faint">sha256:{image.sha256.slice(0, 24)}…</code>
            <CopyButton text={`sha256:${image.sha256}`} label="Copy the checksum" />
          </p>
        )}
      </div>
      {(image.state === "importing" || image.state === "building") && (
        <div className="w-full sm:w-56">
          <InlineProgress id={image.operation} />
        </div>
      )}
      <div className="flex items-center gap-1">
        {image.state === "ready" && (
          <Link to="/" search={{ launch: image.name }} className={buttonClass("plain", "sm")}>
            <Rocket className="size-3.5" /> Launch
          </Link>
        )}
        <IconButton label={`Delete ${image.name}`} onClick={() => setAsking(true)}>
          <Trash2 className="size-4" />
        </IconButton>
      </div>
      <Confirm open={asking} title={`Delete image ${image.name}?`} action="Delete image" onClose={() => setAsking(false)} onConfirm={() => remove.mutateAsync(image.id)}>
        <p>{image.sizeBytes ? `${bytes(image.sizeBytes)} of the store are freed. ` : ""}It is refused while machines are made from it.</p>
      </Confirm>
    </li>
  );
}
