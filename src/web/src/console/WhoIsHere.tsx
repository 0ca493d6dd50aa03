import { Eye, Hand, MousePointer2, Users } from "lucide-react";
import { Popover } from "radix-ui";
import { Button } from "../layout/Button";
import { selfIn, verbsOf, type Room as RoomNews, type RoomVerb, type Say, type Viewer } from "./room";

const words: Partial<Record<RoomVerb, [label: string, hint: string]>> = {
  take: ["Take over", "The others look on until you release it or leave."],
  release: ["Look on only", "Your keys and your mouse no longer reach the machine."],
};

/** Who looks at a screen, and what one can do about it. */
export function Room({ room, say }: { room: RoomNews; say: Say }) {
  const self = selfIn(room);
  const others = room.count - room.viewers.length;
  return (
    <Popover.Root>
      <Popover.Trigger aria-label={`Who is here: ${room.count}`} title="Who is here" className="inline-flex h-7 items-center gap-1.5 rounded-md px-2 text-sm font-medium text-soft hover:bg-well hover:text-ink data-[state=open]:bg-well">
        <Users className="size-4" />
        {room.count}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" sideOffset={4} collisionPadding={8} className="z-30 w-72 animate-rise rounded-lg border bg-card p-3 shadow-float outline-none">
          <ul aria-label="Who is here" className="flex max-h-72 flex-col gap-1.5 overflow-y-auto">
            {room.viewers.map((viewer) => (
              <Line key={viewer.id} viewer={viewer} self={self} say={say} />
            ))}
          </ul>
          {others > 0 && <p className="mt-1.5 text-xs text-faint">and {others} more</p>}
          <div className="mt-3 flex flex-wrap gap-2 border-t pt-3 empty:hidden">
            {verbsOf(room).map((verb) => {
              const [label, hint] = words[verb] ?? (self?.may === "control" && !room.viewers.some(({ sole }) => sole) ? ["Take part", "Your keys and your mouse reach the machine."] : ["Ask for the control", "Whoever controls the machine is asked."]);
              return (
                <Button key={verb} size="sm" title={hint} onClick={() => say(verb)}>
                  {label}
                </Button>
              );
            })}
          </div>
          {self?.asks && <p className="mt-2 text-xs text-faint">You have asked for the control.</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Line({ viewer, self, say }: { viewer: Viewer; self: Viewer | undefined; say: Say }) {
  const controls = viewer.role === "control";
  const mine = viewer.id === self?.id;
  const rules = self?.role === "control" && self.may === "control" && !mine && viewer.may === "view";
  return (
    <li className="flex items-center gap-2 text-sm">
      <span title={controls ? "Controls the machine" : "Looks on"} className={controls ? "text-accent" : "text-faint"}>
        {controls ? <MousePointer2 className="size-4" /> : <Eye className="size-4" />}
        <span className="sr-only">{controls ? "Controls:" : "Looks on:"}</span>
      </span>
      <span className="min-w-0 flex-1 truncate">
        {viewer.name}
        {mine && <span className="text-faint"> (you)</span>}
        {viewer.guest && !mine && <span className="text-faint"> · guest</span>}
        {viewer.sole && <span className="text-faint"> · alone</span>}
      </span>
      {rules && (
        <Button size="sm" look="quiet" onClick={() => say(controls ? "refuse" : "grant", viewer.id)}>
          {controls ? "Take back" : "Let control"}
        </Button>
      )}
    </li>
  );
}

/** Whoever controls the machine sees at once that somebody asks. */
export function Asking({ room, say }: { room: RoomNews; say: Say }) {
  const self = selfIn(room);
  if (self?.role !== "control" || self.may !== "control") return null;
  return room.viewers
    .filter(({ asks, id }) => asks && id !== room.you)
    .map(({ id, name }) => (
      <div key={id} role="alert" className="flex flex-wrap items-center gap-2 border-b bg-well px-4 py-2 text-sm">
        <Hand className="size-4 text-accent" />
        <span className="min-w-0 flex-1">
          <b className="font-medium">{name}</b> asks for the control.
        </span>
        <Button size="sm" onClick={() => say("refuse", id)}>
          Not now
        </Button>
        <Button size="sm" look="primary" onClick={() => say("grant", id)}>
          Let {name} control
        </Button>
      </div>
    ));
}
