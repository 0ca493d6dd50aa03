import { ShieldAlert, ShieldCheck, ShieldQuestion } from "lucide-react";
import type { Image } from "../api/types";

/** How an image's content was verified, as a badge that tells more on hover. */
export function Verification({ verification }: { verification: Image["verification"] }) {
  const { checksum, signature, insecure } = verification;
  const detail = `Checksum: ${words(checksum)}. Signature: ${words(signature)}.`;
  if (insecure)
    return (
      <span className="tag bg-bad-wash text-bad" title={detail}>
        <ShieldAlert className="size-3.5" /> Not verified
      </span>
    );
  if (checksum === "built-here" || signature === "built-here")
    return (
      <span className="tag bg-good-wash text-good" title="Built on this server from the distribution's signed packages.">
        <ShieldCheck className="size-3.5" /> Built here
      </span>
    );
  if (signature === "good")
    return (
      <span className="tag bg-good-wash text-good" title={detail}>
        <ShieldCheck className="size-3.5" /> Signed
      </span>
    );
  if (checksum === "none")
    return (
      <span className="tag bg-well text-soft" title={detail}>
        <ShieldQuestion className="size-3.5" /> Not yet verified
      </span>
    );
  return (
    <span className="tag bg-calm-wash text-calm" title={detail}>
      <ShieldCheck className="size-3.5" /> {checksum === "published" ? "Published checksum" : "Your checksum"}
    </span>
  );
}

function words(word: string): string {
  return word.replaceAll("-", " ");
}
