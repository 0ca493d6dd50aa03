# The plain SSH public keys under public-keys and ssh_authorized_keys of a YAML or JSON document, one a line; a line
# "!" for an entry that is something else. A key with options (command="...", from="...") is such an entry: to take
# it without its options would grant more than was asked for.
function take(text,    count, parts, i, item) {
    count = split(text, parts, /[][,{}]/)
    for (i = 1; i <= count; i++) {
        item = parts[i]
        gsub(/^[ \t]*(-[ \t]+)*|[ \t]+$/, "", item)
        sub(/^["']?[A-Za-z0-9_.-]+["']?:[ \t]*/, "", item)
        gsub(/^["']|["']$/, "", item)
        if (item ~ /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9-]+@openssh.com) AAAA[A-Za-z0-9+\/]+=*( .*)?$/)
            print item
        else if (item != "" && item !~ /^[|>-]+$/)
            print "!"
    }
}
{ sub(/\r$/, "") }
FNR == 1 { inside = 0 }
/^[ \t]*(#.*)?$/ { next }
{
    match($0, /^[ \t]*/)
    indent = RLENGTH
    dash = substr($0, indent + 1, 2) == "- "
    if (inside && (indent > depth || (dash && indent == depth))) {
        take($0)
        next
    }
    inside = match($0, /["']?(ssh[_-]authorized[_-]keys|public[_-]keys)["']?:/)
    if (inside) {
        # In "  - ssh_authorized_keys:" the key stands two columns to the right of the dash.
        depth = dash ? indent + 2 : indent
        take(substr($0, RSTART + RLENGTH))
    }
}
