import type { ReactNode } from "react";
import type { Host } from "../api/types";
import { Panel } from "../layout/PageFrame";
import { word } from "./state";

/** A part of a host's page that is asked of the host itself: nothing is asked of one that does not answer. */
export function OnHost({ title, host, answers, aside, children }: { title: string; host: Host; answers: boolean; aside?: ReactNode; children: ReactNode }) {
  return (
    <Panel title={title} aside={answers && aside}>
      {answers ? children : <p className="px-4 py-4 text-sm text-soft">Not known while the host is {word(host.status.state).toLowerCase()}.</p>}
    </Panel>
  );
}

/** Whose a thing on a host is. */
export function Whose({ ours }: { ours: boolean }) {
  return ours ? <span className="tag bg-good-wash text-good">made here</span> : <span className="tag bg-well text-soft" title="Shown, and never touched">not Warren's</span>;
}

/** Whether it is up. */
export function Up({ active }: { active: boolean }) {
  return active ? null : <span className="tag bg-well text-faint">not up</span>;
}
