create table templates (
    id text primary key,
    name text not null,
    owner_id text not null,
    project_id text not null,
    latest integer not null,
    description text,
    image text,
    golden_image text,
    created_at bigint not null,
    version integer not null
);
create unique index templates_name on templates (project_id, name);

create table template_versions (
    template_id text not null,
    number integer not null,
    yaml text not null,
    created_at bigint not null,
    primary key (template_id, number)
);

-- The template that a machine was launched from, as name@version.
alter table machines add column template text;
