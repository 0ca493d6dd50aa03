-- GET /operations?subject= takes an id or a name; without this a name meant reading every row.
create index operations_subject_name on operations (subject_name, id);
