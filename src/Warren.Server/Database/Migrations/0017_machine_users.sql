-- Who may use one machine without being a member of its project.
create table machine_users (
    machine_id text not null references machines (id) on delete cascade,
    user_id text not null references users (id) on delete cascade,
    project_id text not null,          -- the machine's
    role text not null,
    shared_by text not null,           -- id of the user who let them in
    created_at bigint not null,
    primary key (machine_id, user_id)
);
create index machine_users_user on machine_users (user_id);

alter table tokens add column shared boolean not null default false;  -- also for machines that are shared with its user
