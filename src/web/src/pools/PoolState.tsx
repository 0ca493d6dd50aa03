import { Link } from "@tanstack/react-router";
import type { Pool } from "../api/types";
import { Ago } from "../layout/Ago";
import { Notice } from "../layout/Notice";
import { TemplateLink } from "../templates/TemplateLink";

/** Whether a pool lends, in a word. */
export function PoolDot({ pool }: { pool: Pool }) {
  const low = pool.spares < pool.min;
  const [dot, word] = pool.state === "draining" ? ["bg-line-strong", "Draining"] : pool.problem ? ["bg-bad", "Cannot fill"] : low ? ["bg-bad", "Low"] : pool.spares < pool.target ? ["bg-accent animate-breathe", "Filling"] : ["bg-good", "Full"];
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <span className={`size-2 rounded-full ${dot}`} />
      {word}
    </span>
  );
}

/** Why it cannot be refilled, or that it lends nothing. */
export function PoolNotice({ pool }: { pool: Pool }) {
  if (pool.problem)
    return (
      <Notice tone="bad" title={`It cannot be refilled: ${pool.problem.title}`} detail={pool.problem.detail}>
        {pool.retryAt && (
          <p className="mt-0.5 text-sm text-soft">
            The next try is <Ago at={pool.retryAt} />, or at once when the pool is resized or resumed.
          </p>
        )}
      </Notice>
    );
  if (pool.state === "draining") return <Notice tone="warn" title="It is draining" detail="Nothing is lent or launched, and its spares are deleted. Machines that are lent stay until their time is over." />;
  return null;
}

/** What its machines are made from. */
export function MadeFrom({ pool }: { pool: Pool }) {
  const { goldenImage, image, template, host } = pool.machine;
  const look = "text-ink underline decoration-line-strong underline-offset-3 hover:decoration-ink";
  return (
    <span>
      {goldenImage ? "golden image " : image ? "image " : "template "}
      {(goldenImage ?? image) ? (
        <Link to="/images" className={look}>
          {goldenImage ?? image}
        </Link>
      ) : (
        <TemplateLink reference={template ?? ""} className={look} />
      )}
      {host && <> on {host}</>}
    </span>
  );
}
