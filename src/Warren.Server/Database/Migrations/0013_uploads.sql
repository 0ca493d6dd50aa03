-- Files that people are sending, piece by piece. How much is there is said by the file itself.
create table uploads (
    id text primary key,
    owner_id text not null,
    project_id text not null,
    name text not null,                -- of the image that it becomes
    file_name text,
    length bigint not null,
    notes_json text not null,
    default_user text,
    operation_id text,                 -- the import, once all is here
    created_at bigint not null,
    updated_at bigint not null
);
create index uploads_owner on uploads (owner_id, id);
create index uploads_name on uploads (project_id, name);
