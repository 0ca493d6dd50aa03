import { useInfiniteQuery } from "@tanstack/react-query";
import { Disc3, Plus } from "lucide-react";
import { useState } from "react";
import { entries } from "../api/pages";
import { GoldenImages } from "../golden/GoldenImages";
import { Button } from "../layout/Button";
import { MoreRows } from "../layout/MoreRows";
import { Empty, Loaded, PageFrame, Panel } from "../layout/PageFrame";
import { AddImage } from "./AddImage";
import { Catalogue } from "./Catalogue";
import { ImageRow } from "./ImageRow";
import type { Upload } from "../api/types";
import { imagesQuery } from "./queries";
import { UnfinishedUploads } from "./UnfinishedUploads";

/** The store, and what can be put into it. */
export function ImagesPage() {
  const list = useInfiniteQuery(imagesQuery);
  const [adding, setAdding] = useState<boolean | Upload>(false);
  return (
    <PageFrame
      title="Images"
      lead="Disks and ISOs that machines are made from, kept by their checksum."
      actions={
        <Button look="primary" icon={<Plus className="size-4" />} onClick={() => setAdding(true)}>
          Add image
        </Button>
      }
    >
      <section aria-label="In the store" className="mb-8">
        <Loaded query={list}>
          {(data) =>
            entries(data).length === 0 ? (
              <Empty icon={<Disc3 />} title="The store is empty">
                Build or download one of the images below, or add your own. Launching a machine fetches what it needs by itself, too.
              </Empty>
            ) : (
              <>
                <Panel>
                  <ul className="divide-y">
                    {entries(data).map((image) => (
                      <ImageRow key={image.id} image={image} />
                    ))}
                  </ul>
                </Panel>
                <MoreRows more={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
              </>
            )
          }
        </Loaded>
      </section>
      <UnfinishedUploads onGoOn={setAdding} />
      <GoldenImages />
      <h2 className="mb-3 text-lg">Catalogue</h2>
      <Catalogue images={entries(list.data)} />
      {adding !== false && <AddImage goOn={adding === true ? undefined : adding} onClose={() => setAdding(false)} />}
    </PageFrame>
  );
}
