/** A row of choices of which one holds. */
export function Choice<T extends string>(props: { label: string; options: readonly (readonly [value: T, label: string])[]; value: T; onChange: (value: T) => void }) {
  const { label, options, value, onChange } = props;
  return (
    <div role="radiogroup" aria-label={label} className="inline-flex self-start rounded-md bg-well p-0.5">
      {options.map(([option, text]) => (
        <button
          key={option}
          type="button"
          role="radio"
          aria-checked={option === value}
          onClick={() => onChange(option)}
          className="h-7.5 rounded-[5px] px-2.5 text-sm font-medium text-soft hover:text-ink aria-checked:bg-raised aria-checked:text-ink aria-checked:shadow-card"
        >
          {text}
        </button>
      ))}
    </div>
  );
}
