# Shared start of every recipe: strict mode, the output folder, a private work folder that never outlives the
# build, progress lines and the check for tools. Sourced by images/NAME/build with the script's arguments.
set -euo pipefail

# Root's mmdebstrap mounts /proc, /sys and more below WORK, and a killed one leaves them: whoever then removed that folder would walk into the host's own.
# In a mount namespace of the build's own they end with its processes, and nobody else ever sees them. Where the host allows none, it allows no mounts.
if ((EUID == 0)) && [[ -z ${RECIPE_MOUNTS-} ]] && unshare --mount --propagation private true 2> /dev/null; then
    RECIPE_MOUNTS=own exec unshare --mount --propagation private -- "$0" "$@"
fi

umask 022
export LC_ALL=C TZ=UTC
PATH=$PATH:/usr/sbin:/sbin
# What the build leaves beside manifest.txt.
: "${RESULT:=disk.qcow2}"

# Progress goes to the real standard output (descriptor 3); everything any tool prints goes to standard error.
exec 3>&1 1>&2

progress() { # PERCENT MESSAGE...
    printf 'PROGRESS %s %s\n' "$1" "${*:2}" >&3
}

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# need COMMAND=PACKAGE ... or need /a/file=PACKAGE ...: exits 3 with every missing Debian package in one line.
need() {
    local pair missing=()
    for pair; do
        case $pair in
            /*) [[ -e ${pair%%=*} ]] || missing+=("${pair#*=}") ;;
            *) command -v "${pair%%=*}" > /dev/null || missing+=("${pair#*=}") ;;
        esac
    done
    if ((${#missing[@]})); then
        printf 'MISSING %s\n' "$(printf '%s\n' "${missing[@]}" | sort -u | paste -sd ' ')" >&2
        exit 3
    fi
}

# begin OUTPUT_DIR: sets OUTPUT and WORK. Whatever ends the build, WORK goes away, and so does a half-made result.
begin() {
    [[ $# -eq 1 ]] || { echo "usage: build OUTPUT_DIR" >&2; exit 2; }
    [[ -d $1 && -w $1 ]] || fail "OUTPUT_DIR: '$1' is not a folder that can be written"
    OUTPUT=$(realpath -- "$1")
    [[ -z $(ls -A -- "$OUTPUT") ]] || fail "OUTPUT_DIR: '$1' is not empty"
    [[ $(dpkg --print-architecture) == amd64 ]] || fail "this recipe builds on amd64 only"
    WORK=$OUTPUT/.work
    mkdir -m 0755 "$WORK"
    built=
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    export TMPDIR=$WORK
}

clean_up() {
    trap '' INT TERM HUP
    # A stopped build may have tools of its own still running: they are the children of this shell.
    local children
    children=$(jobs -p)
    [[ -z $children ]] || kill $children 2> /dev/null || true
    wait
    # What an ordinary user unpacked in a user namespace belongs to other ids: only the namespace can remove it.
    rm -rf --one-file-system -- "$WORK" 2> /dev/null || as_root rm -rf --one-file-system -- "$WORK"
    [[ -n $built ]] || rm -f -- "$OUTPUT/$RESULT" "$OUTPUT/manifest.txt"
}

finished() {
    built=yes
    progress 100 "done: $(du -h --apparent-size "$OUTPUT/$RESULT" | cut -f1)"
}

# run COMMAND...: like running it, but a signal ends the build at once (bash runs traps only between foreground
# commands) and the tool with it.
run() {
    "$@" &
    wait $!
}

# as_root COMMAND...: root, or an ordinary user's own user namespace (needs uidmap and entries in /etc/subuid).
as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        unshare --user --map-root-user --map-auto -- "$@"
    fi
}
