import { useInfiniteQuery } from "@tanstack/react-query";
import { entries } from "../api/pages";
import { MoreRows } from "../layout/MoreRows";
import { Loaded, Panel } from "../layout/PageFrame";
import { GoldenRow } from "./GoldenRow";
import { goldenImagesQuery } from "./queries";

/** Images made from prepared machines; each stays on its host. */
export function GoldenImages() {
  const list = useInfiniteQuery(goldenImagesQuery);
  return (
    <section aria-labelledby="golden-images" className="mb-8">
      <h2 id="golden-images" className="text-lg">
        Golden images
      </h2>
      <p className="mb-3 text-sm text-soft">Made from machines that you have prepared, so that others begin where they stand.</p>
      <Loaded query={list}>
        {(data) =>
          entries(data).length === 0 ? (
            <p className="rounded-lg border border-dashed border-line-strong px-4 py-5 text-center text-sm text-soft">None yet. Prepare a machine, then choose “Make a golden image” on its page.</p>
          ) : (
            <>
              <Panel>
                <ul aria-label="Golden images" className="divide-y">
                  {entries(data).map((image) => (
                    <GoldenRow key={image.id} image={image} all={entries(data)} />
                  ))}
                </ul>
              </Panel>
              <MoreRows more={list.hasNextPage} busy={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
            </>
          )
        }
      </Loaded>
    </section>
  );
}
