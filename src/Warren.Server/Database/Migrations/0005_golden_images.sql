create table golden_images (
    id text primary key,               -- also the name of its carrier or warm image on the host
    name text not null,
    lineage_version integer not null,  -- rises per name; the API's version
    owner_id text not null,
    project_id text not null,
    host text not null,
    machine_id text not null,
    machine_name text not null,
    parent_id text,                    -- the golden image that the machine came from
    kind text not null,
    state text not null,
    description text,
    prepare text,
    mark_ready_by_hand boolean not null,
    problem_json text,
    image_name text not null,
    image_id text,
    without_image boolean not null,
    memory_mib integer not null,
    cpus integer not null,
    disk_gib integer not null,
    devices_json text not null,
    public_keys_json text not null,
    machines_made integer not null,
    created_at bigint not null,
    ready_at bigint,
    version integer not null
);
create unique index golden_images_name on golden_images (project_id, name, lineage_version);
create index golden_images_machine on golden_images (machine_id);

-- The golden image that a machine came from, by way of other machines too, and the machine that it was forked from.
alter table machines add column golden_image_id text;
alter table machines add column fork_of text;
create index machines_golden_image on machines (golden_image_id);
