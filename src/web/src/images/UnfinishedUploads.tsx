import { useQuery } from "@tanstack/react-query";
import type { Upload } from "../api/types";
import { Ago } from "../layout/Ago";
import { Button } from "../layout/Button";
import { bytes } from "../layout/format";
import { Panel } from "../layout/PageFrame";
import { Bar } from "../operations/Progress";
import { uploadsQuery, useGiveUpUpload } from "./queries";

/** Files that were not sent to their end, by this browser or another. */
export function UnfinishedUploads({ onGoOn }: { onGoOn: (upload: Upload) => void }) {
  const { data } = useQuery(uploadsQuery);
  const giveUp = useGiveUpUpload();
  const unfinished = (data ?? []).filter((upload) => !upload.operationId);
  if (unfinished.length === 0) return null;
  return (
    <section aria-label="Unfinished uploads" className="mb-8">
      <h2 className="mb-3 text-lg">Unfinished uploads</h2>
      <Panel>
        <ul className="divide-y">
          {unfinished.map((upload) => (
            <li key={upload.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
              <div className="min-w-48 flex-1">
                <p className="mb-1 flex justify-between gap-4">
                  <span className="font-medium">{upload.name}</span>
                  <span className="text-sm text-soft tabular-nums">
                    {bytes(upload.offset)} of {bytes(upload.length)}
                  </span>
                </p>
                <Bar value={(upload.offset / upload.length) * 100} label={`Upload of ${upload.name}`} />
                <p className="mt-1 text-sm text-soft">
                  {upload.fileName ?? "A file"}, begun <Ago at={upload.createdAt} />
                </p>
              </div>
              <Button size="sm" onClick={() => onGoOn(upload)}>
                Go on
              </Button>
              <Button size="sm" look="quiet" busy={giveUp.isPending && giveUp.variables === upload.id} onClick={() => giveUp.mutate(upload.id)}>
                Give up
              </Button>
            </li>
          ))}
        </ul>
      </Panel>
    </section>
  );
}
