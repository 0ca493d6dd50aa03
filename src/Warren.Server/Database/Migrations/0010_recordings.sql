-- What machines showed on their screens. The pictures are in files, one for each row, named by its id.
create table recordings (
    id text primary key,
    machine_id text not null,
    machine_name text not null,        -- kept when the machine is gone
    owner_id text not null,
    project_id text not null,
    state text not null,
    started_at bigint not null,
    ended_at bigint,
    duration_ms bigint not null,
    bytes bigint not null,
    width integer not null,
    height integer not null,
    reason text,                       -- why it failed
    lease_holder text,                 -- the server that records, while it does
    lease_until bigint,
    version integer not null
);
-- One server records a machine, whoever comes first.
create unique index recordings_live on recordings (machine_id) where state = 'Recording';
create index recordings_machine on recordings (machine_id, id);
create index recordings_ended on recordings (ended_at);

alter table machines add column record_screen boolean not null default false;
create index machines_recorded on machines (id) where record_screen;
