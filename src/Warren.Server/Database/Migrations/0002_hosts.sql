-- Hosts are added at run time. What is observed of them changes without a new version; what is stated has one.
alter table hosts add column connection text not null default '';        -- another value whenever kind, settings or secrets change
alter table hosts add column settings_json text not null default '{}';   -- without the secret ones
alter table hosts add column secrets text;                               -- encrypted JSON
alter table hosts add column labels_json text not null default '{}';
alter table hosts add column reserved_memory_mib integer;
alter table hosts add column machine_limit integer;
alter table hosts add column draining boolean not null default false;
alter table hosts add column status text not null default 'Pending';
alter table hosts add column status_reason text;
alter table hosts add column status_remedy text;
alter table hosts add column status_since bigint;
alter table hosts add column networks_json text;
alter table hosts add column admissions bigint not null default 0;       -- raised to lock the row while a machine is placed

alter table machines add column placement_json text;
alter table machines add column addresses_json text not null default '[]';
alter table machines add column autostart boolean;
alter table machines add column without_image boolean not null default false;
alter table machines add column moving_to text;
alter table machines add column clone_of text;

-- Work is shared out by host, so that one that hangs does not take it all.
alter table operations add column host text not null default '';
