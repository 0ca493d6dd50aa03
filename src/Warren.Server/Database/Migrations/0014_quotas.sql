-- What users and projects may have, where it is not the server's default.
create table quotas (
    id text primary key,               -- of the user or the project
    limits_json text not null,
    updated_at bigint not null
);
-- What they have is counted from these.
create index machines_owner on machines (owner_id);
create index snapshots_owner on snapshots (owner_id);
create index snapshots_project on snapshots (project_id);
create index images_owner on images (owner_id);

-- Whose a claim is that waits: those who hold the fewest leases of the pool come first.
alter table tickets add column owner_id text not null default '';
create index leases_live on leases (pool_id, owner_id) where ended_at is null;
-- Whose operations are being worked on: of those that wait, the ones of who has the fewest come first.
create index operations_held on operations (owner_id) where lease_holder is not null;
