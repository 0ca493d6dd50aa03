/** What of the trail is shown. */
export type Filter = { who: string; what: string; subject: string; result: "any" | "ok" | "refused" | "failed"; time: "any" | "hour" | "day" | "week" };

export const everything: Filter = { who: "", what: "", subject: "", result: "any", time: "any" };

const lengths = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 };

/** The filter as the API takes it; what is left empty is left out. */
export function queryOf(filter: Filter, now: number) {
  const { who, what, subject, result, time } = filter;
  return {
    ...(who.trim() ? { user: who.trim() } : {}),
    ...(what ? { action: what } : {}),
    ...(subject.trim() ? { subject: subject.trim() } : {}),
    ...(result === "any" ? {} : { result }),
    ...(time === "any" ? {} : { from: new Date(now - lengths[time]).toISOString() }),
  };
}

/** Whether anything is left out. */
export const isNarrow = (filter: Filter) => Object.entries(everything).some(([name, value]) => filter[name as keyof Filter] !== value);
