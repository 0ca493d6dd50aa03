-- What happens to a machine by itself when its time is over, and when nobody uses it.
alter table machines add column ttl_seconds integer;                     -- from when the expiry was set to the expiry
alter table machines add column ttl_action text not null default 'Delete';
alter table machines add column expiry_warned_for bigint;                -- the expiry that was warned of
alter table machines add column idle_after_seconds integer;
alter table machines add column idle_action text;
alter table machines add column last_active_at bigint;
alter table machines add column idle_due_at bigint;                      -- when it happens; set by the warning, taken away by use
update machines set ttl_seconds = (expires_at - created_at) / 1000 where expires_at is not null;
-- Machines without a policy cost nothing.
create index machines_idle on machines (host) where idle_after_seconds is not null;
