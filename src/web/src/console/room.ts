/** The text messages beside a screen's RFB (subprotocol warren.screen); see docs/consoles.md. */
export type Role = "view" | "control";

/** One who looks at the screen. */
export type Viewer = { id: string; name: string; role: Role; may: Role; asks: boolean; sole: boolean; guest: boolean; since: string };

/** Who looks at it now. */
export type Room = { you: string; count: number; viewers: Viewer[] };

export type RoomVerb = "take" | "ask" | "release" | "grant" | "refuse";

/** Says something about the room; a viewer is named where the answer is for another one. */
export type Say = (verb: RoomVerb, viewer?: string) => void;

/** What a text message tells. */
export function parseNews(text: string): { room: Room } | { error: string } | { pong: number } | undefined {
  const news = JSON.parse(text) as Partial<Room> & { error?: string; pong?: number };
  if (typeof news.pong === "number") return { pong: news.pong };
  if (typeof news.error === "string") return { error: news.error };
  return news.you && news.viewers ? { room: news as Room } : undefined;
}

export const selfIn = (room: Room | undefined): Viewer | undefined => room?.viewers.find(({ id }) => id === room.you);

/** Who keeps the control from others, if somebody does. */
export const soleIn = (room: Room): Viewer | undefined => room.viewers.find(({ sole }) => sole);

/** What a viewer can do about its own part. */
export function verbsOf(room: Room): RoomVerb[] {
  const self = selfIn(room);
  if (!self) return [];
  const sole = soleIn(room);
  if (self.role === "control") return [...(self.may === "control" && room.count > 1 && !self.sole ? (["take"] as const) : []), "release"];
  if (self.may === "control") return sole ? ["take", ...(self.asks ? [] : (["ask"] as const))] : ["ask"];
  return self.asks ? [] : ["ask"];
}
