-- People with names and passwords, what they may do where, and what they are known by.
alter table users add column kind text not null default 'Person';
alter table users add column email text;
alter table users add column password_hash text;
alter table users add column disabled_at bigint;
alter table users add column project_id text;              -- where a session of theirs begins
alter table users add column second_factor text;           -- the secret, encrypted with the key ring
alter table users add column second_factor_pending text;   -- one that was not confirmed yet
alter table users add column second_factor_step bigint not null default 0; -- the last 30 seconds whose code was used
create unique index users_email on users (email) where email is not null;
update users set role = 'Owner' where role = 'owner';
update users set project_id = (select id from projects where name = 'default');

create table project_members (
    project_id text not null,
    user_id text not null,
    role text not null,
    created_at bigint not null,
    primary key (project_id, user_id)
);
create index project_members_user on project_members (user_id);
insert into project_members (project_id, user_id, role, created_at)
    select p.id, u.id, 'Administrator', u.created_at from users u cross join projects p where p.name = 'default';

-- Their lives were counted differently; everybody logs in once more.
delete from sessions;
alter table sessions add column handle text not null default '';       -- what it is called by; the id is a secret's hash
alter table sessions add column begun_by text not null default '';
alter table sessions add column address text not null default '';
alter table sessions add column user_agent text not null default '';
alter table sessions add column last_used_at bigint not null default 0;
create unique index sessions_handle on sessions (handle);
create index sessions_user on sessions (user_id);

alter table tokens add column scope text not null default 'Write';
alter table tokens add column pool_id text;                -- confined to one pool
alter table tokens add column template text;               -- confined to one template
create index tokens_user on tokens (user_id);

alter table console_tickets add column credential text;    -- the session or token that it was made with

create table invitations (
    id text primary key,
    hash text not null unique,         -- SHA-256 of the secret
    role text not null,
    project_id text,
    project_role text not null,
    note text,
    user_id text not null,             -- who invites
    created_at bigint not null,
    expires_at bigint not null
);

create table login_challenges (
    id text primary key,               -- SHA-256 of the secret
    user_id text not null,
    begun_by text not null,
    expires_at bigint not null
);

create table recovery_codes (
    user_id text not null,
    hash text not null,                -- SHA-256 of the code
    primary key (user_id, hash)
);

-- Tries to log in that went wrong, or are under way: by user name, address, and user for second factors.
create table login_failures (
    id text primary key,
    failures integer not null,
    until bigint not null
);

-- Two people in one project may both have a key of the same name.
drop index keys_name;
create unique index keys_name on keys (project_id, owner_id, name);
