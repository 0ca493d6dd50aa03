-- Who did what. Entries are only ever added, each behind the last, and their oldest are taken away by retention alone:
-- the database itself refuses everything else. What hashes are made of is in docs/audit.md.
create table audit_entries (
    seq bigint primary key,            -- 1, 2, 3, ... without gaps
    at bigint not null,
    actor text not null,
    user_id text,
    user_name text,
    credential text,
    tried text,
    address text,
    user_agent text,
    action text not null,
    method text,
    route text,
    subject_kind text,
    subject_id text,
    subject_name text,
    project_id text,
    result text not null,
    status integer,
    problem text,
    operation_id text,
    detail_json text not null,
    previous_hash text not null,
    hash text not null
);
create index audit_entries_at on audit_entries (at);
create index audit_entries_user on audit_entries (user_id, seq);
create index audit_entries_subject on audit_entries (subject_id, seq);
create index audit_entries_project on audit_entries (project_id, seq);

-- The one row: the last entry, and the last one that retention took away.
create table audit_head (
    id integer primary key check (id = 1),
    seq bigint not null,
    hash text not null,
    pruned_through bigint not null,
    pruned_hash text not null
);
insert into audit_head (id, seq, hash, pruned_through, pruned_hash) values (1, 0,
    '0000000000000000000000000000000000000000000000000000000000000000', 0,
    '0000000000000000000000000000000000000000000000000000000000000000');

-- ON sqlite
create trigger audit_entries_append before insert on audit_entries
    when not exists (select 1 from audit_head h where h.seq + 1 = new.seq and h.hash = new.previous_hash)
    begin select raise(abort, 'an audit entry goes behind the last one'); end;
create trigger audit_entries_appended after insert on audit_entries
    begin update audit_head set seq = new.seq, hash = new.hash; end;
create trigger audit_entries_update before update on audit_entries
    begin select raise(abort, 'audit entries are not changed'); end;
create trigger audit_entries_delete before delete on audit_entries
    when old.seq > (select h.pruned_through from audit_head h)
    begin select raise(abort, 'audit entries are not deleted'); end;
create trigger audit_head_update before update on audit_head
    when new.seq < old.seq or new.pruned_through < old.pruned_through or new.pruned_through > new.seq
    begin select raise(abort, 'the end of the audit trail does not go back'); end;
create trigger audit_head_insert before insert on audit_head
    begin select raise(abort, 'the audit trail has one end'); end;
create trigger audit_head_delete before delete on audit_head
    begin select raise(abort, 'the end of the audit trail is not deleted'); end;

-- ON postgres
create function audit_guard() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'audit_entries' and tg_op = 'INSERT' then
        update audit_head set seq = new.seq, hash = new.hash where seq + 1 = new.seq and hash = new.previous_hash;
        if not found then raise exception 'an audit entry goes behind the last one'; end if;
        return new;
    end if;
    if tg_table_name = 'audit_entries' and tg_op = 'DELETE' then
        if old.seq <= (select h.pruned_through from audit_head h) then return old; end if;
    end if;
    if tg_table_name = 'audit_head' and tg_op = 'UPDATE' then
        if new.seq >= old.seq and new.pruned_through >= old.pruned_through and new.pruned_through <= new.seq then return new; end if;
    end if;
    raise exception 'the audit trail is not changed';
end $$;
create trigger audit_entries_rows before insert or update or delete on audit_entries for each row execute function audit_guard();
create trigger audit_entries_all before truncate on audit_entries for each statement execute function audit_guard();
create trigger audit_head_rows before update or delete on audit_head for each row execute function audit_guard();
create trigger audit_head_all before truncate on audit_head for each statement execute function audit_guard();
