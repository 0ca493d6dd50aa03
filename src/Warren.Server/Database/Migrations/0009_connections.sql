-- Who has been at a machine's consoles, and what lets them in beside their own login.
create table connections (
    id text primary key,
    machine_id text not null,
    machine_name text not null,
    owner_id text not null,            -- the machine's
    project_id text not null,
    user_id text not null,             -- whose rights were used
    user_name text not null,
    share_id text,                     -- the share link that was used
    address text not null,
    kind text not null,
    role text not null,
    started_at bigint not null,
    seen_at bigint not null,           -- renewed while it is open; a dead server's connections end with it
    ended_at bigint,
    sent_bytes bigint not null,
    received_bytes bigint not null
);
create index connections_machine on connections (machine_id, id);
create index connections_open on connections (seen_at) where ended_at is null;
create index connections_started on connections (started_at);

create table shares (
    id text primary key,
    hash text not null,
    machine_id text not null,
    name text,
    owner_id text not null,            -- the machine's
    project_id text not null,
    user_id text not null,             -- who made it
    user_project_id text not null,
    role text not null,
    created_at bigint not null,
    expires_at bigint not null
);
create unique index shares_hash on shares (hash);
create index shares_machine on shares (machine_id);

create table console_tickets (
    id text primary key,               -- SHA-256 of its secret
    machine_id text not null,
    kind text not null,
    role text not null,
    user_id text not null,
    project_id text not null,
    name text not null,
    share_id text,
    expires_at bigint not null
);

-- What happens to a machine when the last has left its consoles.
alter table machines add column unwatched_after_seconds integer;
alter table machines add column unwatched_action text;
alter table machines add column unwatched_due_at bigint;
create index machines_unwatched on machines (unwatched_due_at) where unwatched_due_at is not null;
