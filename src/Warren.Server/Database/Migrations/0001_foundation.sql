-- Times are milliseconds since 1970, UTC. Columns ending in _json hold JSON text.

create table users (
    id text primary key,
    name text not null unique,
    role text not null,
    created_at bigint not null
);

create table projects (
    id text primary key,
    name text not null unique,
    created_at bigint not null
);

create table sessions (
    id text primary key,               -- SHA-256 of the cookie's value
    user_id text not null,
    project_id text not null,
    created_at bigint not null,
    expires_at bigint not null
);

create table login_links (
    id text primary key,               -- SHA-256 of the secret
    user_id text not null,
    expires_at bigint not null
);

create table tokens (
    id text primary key,
    hash text not null unique,         -- SHA-256 of the secret
    name text not null,
    user_id text not null,
    project_id text not null,
    created_at bigint not null,
    last_used_at bigint,
    expires_at bigint
);

create table hosts (
    name text primary key,
    hypervisor text not null,
    probe_json text,
    probed_at bigint,
    foreign_json text,
    version integer not null
);

create table images (
    id text primary key,
    name text not null,
    owner_id text not null,
    project_id text not null,
    state text not null,
    sha256 text,
    format text,
    size_bytes bigint,
    virtual_size_bytes bigint,
    source text not null,
    checksum_status text not null,
    signature_status text not null,
    insecure boolean not null,
    default_user text,
    minimum_memory_mib integer,
    default_memory_mib integer,
    features text not null,            -- words separated by spaces
    problem_json text,
    created_at bigint not null,
    version integer not null
);
create unique index images_name on images (project_id, name);

create table keys (
    id text primary key,
    name text not null,
    owner_id text not null,
    project_id text not null,
    algorithm text not null,
    public_key text not null,
    fingerprint text not null,
    created_at bigint not null
);
create unique index keys_name on keys (owner_id, name);

create table machines (
    id text primary key,
    name text not null,
    owner_id text not null,
    project_id text not null,
    host text not null,
    image_name text not null,
    image_id text,
    memory_mib integer not null,
    cpus integer not null,
    disk_gib integer not null,
    devices_json text not null,
    mac_address text not null,
    public_keys_json text not null,
    user_data text,
    seed_generation integer not null,
    wanted text not null,
    state text not null,
    readiness_json text not null,
    process_id integer,
    problem_json text,
    created_at bigint not null,
    observed_at bigint,
    expires_at bigint,
    version integer not null
);
create unique index machines_name on machines (project_id, name);
create index machines_host on machines (host, state);
create index machines_expiry on machines (expires_at);

create table port_forwards (
    id text primary key,
    machine_id text not null,
    host text not null,
    protocol text not null,
    host_address text not null,
    host_port integer not null,
    guest_port integer not null
);
create unique index port_forwards_port on port_forwards (host, protocol, host_port);
create index port_forwards_machine on port_forwards (machine_id);

-- Ports that were in use a moment ago are not handed out again until then.
create table released_ports (
    host text not null,
    protocol text not null,
    host_port integer not null,
    until bigint not null,
    primary key (host, protocol, host_port)
);

create table operations (
    id text primary key,
    kind text not null,
    subject_kind text not null,
    subject_id text not null,
    subject_name text not null,
    owner_id text not null,
    project_id text not null,
    status text not null,
    live boolean not null,
    step text not null,
    data_json text not null,
    progress integer not null,
    message text,
    problem_json text,
    attempts integer not null,
    cancel_requested boolean not null,
    run_at bigint not null,
    lease_holder text,
    lease_until bigint,
    deadline bigint not null,
    created_at bigint not null,
    ended_at bigint
);
-- One live operation per thing.
create unique index operations_live on operations (subject_id) where live;
create index operations_due on operations (run_at) where live;
create index operations_leased on operations (subject_id) where lease_holder is not null;
create index operations_subject on operations (subject_id, id);

create table events (
    id SERIAL_KEY,
    type text not null,
    subject_id text not null,
    owner_id text not null,
    project_id text not null,
    at bigint not null
);
create index events_at on events (at);

create table idempotency (
    user_id text not null,
    key text not null,
    request_hash text not null,
    status integer not null,
    location text,
    body text,
    created_at bigint not null,
    primary key (user_id, key)
);
create index idempotency_age on idempotency (created_at);
