import { Slider } from "radix-ui";
import { Field } from "../../layout/Field";
import type { IntRange } from "../../api/types";

type Props = { label: string; unit: string; range: IntRange; value: number | undefined; fallback: string; errors: string[] | undefined; hint?: string | undefined; stops?: readonly number[]; onChange: (value: number | undefined) => void };

/** A number within limits: a slider for the hand, a box for the exact figure. An empty box leaves it to the image. */
export function Amount({ label, unit, range, value, fallback, errors, hint, stops, onChange }: Props) {
  const steps = (stops ?? everyOne(range)).filter((step) => step >= range.minimum && step <= range.maximum);
  const at = value === undefined ? 0 : Math.max(0, steps.findLastIndex((step) => step <= value));
  return (
    <Field label={label} errors={errors} hint={hint} aside={`${range.minimum}–${range.maximum} ${unit}`}>
      {(ids) => (
        <div className="flex items-center gap-4">
          <Slider.Root value={[at]} max={Math.max(1, steps.length - 1)} onValueChange={([index]) => onChange(steps[index ?? 0])} className="relative flex h-8 flex-1 touch-none items-center">
            <Slider.Track className="relative h-1 flex-1 rounded-full bg-line-strong/60">
              <Slider.Range className="absolute h-full rounded-full bg-accent" />
            </Slider.Track>
            <Slider.Thumb aria-label={label} className={`block size-4 rounded-full border-2 bg-card shadow-card ${value === undefined ? "border-line-strong" : "border-accent"}`} />
          </Slider.Root>
          <span className="relative w-28 shrink-0">
            <input
              {...ids}
              type="number"
              inputMode="numeric"
              value={value ?? ""}
              placeholder={fallback}
              onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value))}
              className="field pr-11 text-right tabular-nums"
            />
            <span className="pointer-events-none absolute top-2 right-2.5 text-xs leading-4.5 text-faint">{unit}</span>
          </span>
        </div>
      )}
    </Field>
  );
}

/** Amounts of memory that people choose, in MiB. */
export const memoryStops = [64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12_288, 16_384, 24_576, 32_768, 49_152, 65_536] as const;

function everyOne({ minimum, maximum }: IntRange): number[] {
  return Array.from({ length: maximum - minimum + 1 }, (_, index) => minimum + index);
}
