import type { GoldenImage } from "../api/types";
import { EditWords } from "../layout/EditWords";
import { useEditGolden } from "./queries";
import { reference } from "./words";

/** Renames or describes a golden image; what it holds stays as it is. */
export function EditGolden({ image, onClose }: { image: GoldenImage; onClose: () => void }) {
  const saving = useEditGolden(image);
  const hint = (name: string) =>
    name === image.name ? "Lower-case letters, digits and hyphens." : `It becomes the next version of that name. Launches and pools that name ${image.name} do not find it any more.`;
  return <EditWords called={reference(image)} old={{ name: image.name, description: image.description ?? "" }} saving={saving} hint={hint} onClose={onClose} />;
}
