-- Who logs in by an OpenID Connect provider, and which user they are here.
create table identities (
    id text primary key,
    issuer text not null,
    subject text not null,             -- the provider's own name for them, which never changes
    user_id text not null,
    label text not null,               -- what they are called there, for people
    created_at bigint not null,
    last_used_at bigint not null
);
create unique index identities_subject on identities (issuer, subject);
create index identities_user on identities (user_id);
