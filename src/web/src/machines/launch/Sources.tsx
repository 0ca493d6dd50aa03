import { useState } from "react";
import type { Template } from "../../api/types";
import { Choice } from "../../layout/Choice";
import { inShort } from "../../templates/words";
import type { ImageChoice } from "./choices";
import type { LaunchForm } from "./form";
import { ImageCards } from "./ImageCards";
import { RadioCards } from "./RadioCards";

/** What a machine is launched from: an image, or a template that says more than that. */
export function Sources(props: { form: LaunchForm; choices: ImageChoice[]; templates: Template[]; onImage: (choice: ImageChoice) => void; onTemplate: (template: Template) => void }) {
  const { form, choices, templates, onImage, onTemplate } = props;
  const [kind, setKind] = useState<"image" | "template">(form.template ? "template" : "image");
  return (
    <div className="flex flex-col gap-3">
      <Choice label="Launch from" options={[["image", "Image"], ["template", "Template"]]} value={kind} onChange={setKind} />
      {kind === "image" ? <ImageCards choices={choices} value={form.template ? "" : form.image} onChange={onImage} /> : <TemplateCards templates={templates} value={form.template?.reference} onChange={onTemplate} />}
    </div>
  );
}

/** The newest versions as cards of which one is chosen: people's own first. A launch from a former version has none chosen. */
function TemplateCards({ templates, value, onChange }: { templates: Template[]; value: string | undefined; onChange: (template: Template) => void }) {
  const sorted = [...templates.filter(({ builtin }) => !builtin), ...templates.filter(({ builtin }) => builtin)];
  const cards = sorted.map((template) => ({
    value: template.name,
    title: template.name,
    code: template.builtin ? "shipped" : `version ${template.version}`,
    description: template.description,
    foot: <span className="mt-1.5 text-xs text-faint">{inShort(template).join(" · ")}</span>,
    onChoose: () => onChange(template),
  }));
  return <RadioCards legend="Template" value={value} cards={cards} />;
}
