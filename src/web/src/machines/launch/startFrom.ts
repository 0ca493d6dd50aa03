import type { Template } from "../../api/types";
import { toPairs } from "../../layout/Rows";
import { further, reference } from "../../templates/words";
import { emptyForm, nameErrors, wholeRequest, type LaunchForm } from "./form";
import { suggestName } from "./suggestName";

/** The form as a template fills it in; `exact` names this version and not the newest at the time. */
export function startFrom(template: Template, { user, taken, exact }: { user: string; taken: ReadonlySet<string>; exact: boolean }): LaunchForm {
  const { content } = template;
  const name = nameFor(template, user, taken);
  const filled: LaunchForm = {
    ...emptyForm,
    image: template.image ?? "",
    ...(content && {
      memoryMiB: content.memoryMiB,
      cpus: content.cpus,
      diskGiB: content.diskGiB,
      keys: content.keys,
      firmware: content.firmware ?? "bios",
      video: content.video ?? "std",
      network: content.network ?? "",
      networkMode: content.networkMode ?? "",
      egress: content.egress.join("\n"),
      networkMbps: String(content.networkMbps ?? ""),
      diskMiBps: String(content.diskMiBps ?? ""),
      diskIops: String(content.diskIops ?? ""),
      requires: content.requires,
      hostLabels: toPairs(content.hostLabels),
      forwards: content.forwards.map(({ protocol, guestPort, hostPort }) => ({ protocol: protocol === "udp" ? ("udp" as const) : ("tcp" as const), guestPort: String(guestPort), hostPort: hostPort ? String(hostPort) : "" })),
      dataDisks: content.dataDisks.map(({ sizeGiB, path }) => ({ kind: path ? ("file" as const) : ("new" as const), sizeGiB: sizeGiB ? String(sizeGiB) : "", path: path ?? "" })),
      // Parts of a minute cannot be typed here; left empty it is the template's all the same.
      ttlMinutes: content.ttlSeconds && content.ttlSeconds % 60 === 0 ? String(content.ttlSeconds / 60) : "",
    }),
  };
  const steps = content?.provision.map((step) => step.name) ?? [];
  return {
    ...filled,
    name,
    suggested: name,
    template: {
      name: template.name,
      reference: exact ? reference(template) : template.name,
      goldenImage: template.goldenImage,
      further: [...(content ? further(content).filter(([line]) => line !== "Name of its machines") : []), ...(steps.length > 0 ? [["Steps", steps.join(", ")] as [string, string]] : [])],
      says: { ...wholeRequest(filled), ...(content?.ttlSeconds ? { ttlSeconds: content.ttlSeconds } : {}) },
    },
  };
}

/** The name that the template wishes, as the server would make it of it, while it is free. */
function nameFor({ name, content }: Template, user: string, taken: ReadonlySet<string>): string {
  const fit = user.toLowerCase().replace(/[^a-z0-9]/g, "-").replace(/^-+|-+$/g, "");
  const wished = content?.machineName?.replaceAll("{user}", fit);
  return wished && nameErrors(wished, taken).length === 0 ? wished : suggestName(wished && nameErrors(wished, new Set()).length === 0 ? wished : name, taken);
}
