create table pools (
    id text primary key,
    name text not null,
    owner_id text not null,
    project_id text not null,
    machine_json text not null,        -- a LaunchRequest
    kind text not null,
    ready_when text not null,
    target integer not null,
    min integer not null,
    max integer not null,
    max_age_seconds integer,
    lease_seconds integer not null,
    lease_maximum_seconds integer not null,
    state text not null,
    problem_json text,
    failures integer not null,
    retry_at bigint,
    low boolean not null,
    hits bigint not null,
    misses bigint not null,
    refused bigint not null,
    waits_json text not null,          -- the last claims' waits in milliseconds, newest last
    fills_json text not null,          -- the last launches' times to a spare, likewise
    turns bigint not null,             -- raised to lock the row while the pool's machines are counted
    created_at bigint not null,
    version integer not null
);
create unique index pools_name on pools (project_id, name);

alter table machines add column pool_id text;
alter table machines add column pool_place text;
alter table machines add column spare_since bigint;
alter table machines add column lease_id text;
-- A claim takes the oldest spare of a pool from the front of this.
create index machines_pool on machines (pool_id, pool_place, spare_since) where pool_id is not null;

create table leases (
    id text primary key,
    pool_id text not null,
    pool_name text not null,
    machine_id text not null,
    machine_name text not null,
    host text not null,
    owner_id text not null,            -- who holds it
    project_id text not null,
    ticket bigint,                     -- the place in the queue; none when a spare was there at once
    waited_ms integer not null,
    claimed_at bigint not null,
    expires_at bigint not null,
    ended_at bigint,
    ended text,
    claim_key text,                    -- the claim's Idempotency-Key
    claim_hash text,
    counted boolean not null           -- in the pool's statistics
);
create unique index leases_key on leases (owner_id, claim_key) where claim_key is not null;
create index leases_pool on leases (pool_id, id);
create index leases_machine on leases (machine_id);
create index leases_uncounted on leases (pool_id) where not counted;

-- Claims that wait, in the order of their numbers. Whoever serves one keeps it alive; a dead server's are passed over.
create table tickets (
    id SERIAL_KEY,
    pool_id text not null,
    holder text not null,
    alive_until bigint not null,
    created_at bigint not null
);
create index tickets_pool on tickets (pool_id, id);

-- What the server does ahead of time waits for what people ask for.
alter table operations add column priority integer not null default 0;
