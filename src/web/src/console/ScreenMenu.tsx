import type RFB from "@novnc/novnc";
import { Check, Clipboard, Ellipsis, Expand, Keyboard, TextCursorInput } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { combinations, pressTogether } from "./typing";

/** How a screen is fitted into the space there is. */
export type Fit = "scale" | "actual" | "resize";

export const fits: readonly (readonly [Fit, string, string])[] = [
  ["scale", "Fit to the window", "The picture is made smaller or larger."],
  ["actual", "Actual size", "One pixel is one pixel; drag to see the rest."],
  ["resize", "Resize the guest", "The guest's desktop takes the window's size, where it follows."],
];

const item = "flex items-center gap-2.5 rounded-md px-2 py-1.5 outline-none select-none data-disabled:opacity-40 data-highlighted:bg-well data-[state=open]:bg-well";
const box = "z-30 min-w-44 animate-rise rounded-lg border bg-card p-1 shadow-float";

/** What else can be done at a screen. */
export function ScreenMenu(props: { rfb: RFB | undefined; looksOnly: boolean; fit: Fit; onFit: (fit: Fit) => void; onOpen: (dialog: "text" | "clipboard") => void; container: HTMLElement | null }) {
  const { rfb, looksOnly, fit, onFit, onOpen, container } = props;
  const typing = !!rfb && !looksOnly;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger aria-label="Screen and keys" title="Screen and keys" className="inline-flex size-7 items-center justify-center rounded-md text-soft hover:bg-well hover:text-ink data-[state=open]:bg-well">
        <Ellipsis className="size-4" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={container}>
        <DropdownMenu.Content align="end" sideOffset={4} collisionPadding={8} className={box}>
          <Sub label="Send keys" icon={<Keyboard className="size-4" />} disabled={!typing} container={container}>
            {combinations.map(([name, keys]) => (
              <DropdownMenu.Item key={name} className={item} onSelect={() => rfb && pressTogether(rfb, keys)}>
                {name}
              </DropdownMenu.Item>
            ))}
          </Sub>
          <DropdownMenu.Item className={item} disabled={!typing} onSelect={() => onOpen("text")}>
            <TextCursorInput className="size-4" />
            Type a text…
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} disabled={!typing} onSelect={() => onOpen("clipboard")}>
            <Clipboard className="size-4" />
            Clipboard…
          </DropdownMenu.Item>
          <Sub label="Size" icon={<Expand className="size-4" />} container={container}>
            <DropdownMenu.RadioGroup value={fit} onValueChange={(value) => onFit(value as Fit)}>
              {fits.map(([value, name, hint]) => (
                <DropdownMenu.RadioItem key={value} value={value} title={hint} disabled={value === "resize" && looksOnly} className={`${item} pl-8`}>
                  <DropdownMenu.ItemIndicator className="absolute left-3">
                    <Check className="size-4" />
                  </DropdownMenu.ItemIndicator>
                  {name}
                </DropdownMenu.RadioItem>
              ))}
            </DropdownMenu.RadioGroup>
          </Sub>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Sub({ label, icon, disabled = false, container, children }: { label: string; icon: ReactNode; disabled?: boolean; container: HTMLElement | null; children: ReactNode }) {
  return (
    <DropdownMenu.Sub>
      <DropdownMenu.SubTrigger disabled={disabled} className={item}>
        {icon}
        {label}
      </DropdownMenu.SubTrigger>
      <DropdownMenu.Portal container={container}>
        <DropdownMenu.SubContent sideOffset={2} collisionPadding={8} className={`${box} max-h-96 overflow-y-auto`}>
          {children}
        </DropdownMenu.SubContent>
      </DropdownMenu.Portal>
    </DropdownMenu.Sub>
  );
}
