import { Monitor, Moon, Sun } from "lucide-react";
import { setTheme, useTheme, type Theme } from "./theme";

const choices: readonly [Theme, string, typeof Sun][] = [
  ["light", "Light", Sun],
  ["system", "As the system", Monitor],
  ["dark", "Dark", Moon],
];

export function ThemeToggle() {
  const theme = useTheme();
  return (
    <div role="radiogroup" aria-label="Theme" className="flex rounded-md bg-well p-0.5">
      {choices.map(([value, label, Icon]) => (
        <button
          key={value}
          type="button"
          role="radio"
          aria-checked={theme === value}
          aria-label={label}
          title={label}
          onClick={() => setTheme(value)}
          className="flex h-6 w-7 flex-1 items-center justify-center rounded-[5px] text-faint hover:text-ink aria-checked:bg-raised aria-checked:text-ink aria-checked:shadow-card"
        >
          <Icon className="size-3.5" />
        </button>
      ))}
    </div>
  );
}
