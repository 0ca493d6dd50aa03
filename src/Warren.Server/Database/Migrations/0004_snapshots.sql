create table snapshots (
    id text primary key,
    machine_id text not null,
    name text not null,
    owner_id text not null,
    project_id text not null,
    parent_id text,
    description text,
    memory boolean not null,
    state text not null,
    created_at bigint not null,
    version integer not null
);
create unique index snapshots_name on snapshots (machine_id, name);

-- The snapshot that the machine stands on.
alter table machines add column snapshot_id text;
