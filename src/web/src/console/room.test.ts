import { expect, test } from "vitest";
import { parseNews, selfIn, verbsOf, type Room, type Viewer } from "./room";

const viewer = (id: string, change: Partial<Viewer> = {}): Viewer => ({ id, name: id, role: "control", may: "control", asks: false, sole: false, guest: false, since: "", ...change });
const room = (...viewers: Viewer[]): Room => ({ you: "me", count: viewers.length, viewers });

test.each<[string, Room, string[]]>([
  ["alone", room(viewer("me")), ["release"]],
  ["with another", room(viewer("me"), viewer("b")), ["take", "release"]],
  ["who has taken over", room(viewer("me", { sole: true }), viewer("b", { role: "view" })), ["release"]],
  ["kept out", room(viewer("me", { role: "view" }), viewer("b", { sole: true })), ["take", "ask"]],
  ["kept out and asking", room(viewer("me", { role: "view", asks: true }), viewer("b", { sole: true })), ["take"]],
  ["looking on", room(viewer("me", { role: "view" })), ["ask"]],
  ["a guest", room(viewer("me", { role: "view", may: "view", guest: true })), ["ask"]],
  ["a guest who asks", room(viewer("me", { role: "view", may: "view", asks: true })), []],
  ["a guest who was given it", room(viewer("me", { may: "view" }), viewer("b")), ["release"]],
])("%s can do", (_, of, verbs) => expect(verbsOf(of)).toEqual(verbs));

test("a refusal is told apart from news", () => {
  expect(parseNews('{"error":"no"}')).toEqual({ error: "no" });
  expect(parseNews('{"something":"new"}')).toBeUndefined();
  const news = parseNews(JSON.stringify(room(viewer("me"))));
  expect(news && "room" in news && selfIn(news.room)?.name).toBe("me");
});
