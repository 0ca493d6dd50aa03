# Debian packages through the apt sources this machine is configured with, into a private apt state: the
# machine's own package lists and installed packages are neither used nor changed. apt checks every signature.
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# index_targets: what apt is configured with. Where no list has ever been fetched apt tells nothing of its own accord;
# asked without the Release files' details it does.
index_targets() {
    local targets
    for targets in "" --no-release-info; do
        apt-get indextargets $targets --format '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' |
            grep . && return
    done
    return 0
}

# debian_sources SUITE: sources.list lines for SUITE and its updates, from the machine's configured sources. Where
# only another Debian suite is configured, the same mirrors are asked for SUITE.
debian_sources() {
    index_targets |
        awk -F'|' -v suite="$1" -v keyring="$KEYRING" '
            # Before the first "apt-get update" the origin is not known yet: then the address has to tell.
            $1 != "Debian" && !($1 ~ /^\$/ && $2 ~ /debian/) { next }
            $4 != "main" || $3 ~ /backports|proposed|debug|experimental/ { next }
            {
                kind = $3 ~ /-security$|\/updates$/ ? suite "-security" : $3 ~ /-updates$/ ? suite "-updates" : suite
                line = "deb [signed-by=" keyring "] " $2 " " kind " main"
                if (!seen[line]++) print line
            }' > "$WORK/sources.list"
    [[ -s $WORK/sources.list ]] || fail "no Debian archive among this machine's apt sources"
}

# private_apt COMMAND ARGUMENTS...: apt with this build's sources and state and the machine's settings (proxy).
private_apt() {
    local state=$WORK/apt
    if [[ ! -d $state ]]; then
        mkdir -p "$state"/{lists/partial,cache/archives/partial,none}
        : > "$state/status"
        cp "$WORK/sources.list" "$state/sources.list"
    fi
    "$1" -q -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" \
        -o Dir::Cache="$state/cache" -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/none" \
        -o Dir::Etc::preferences="$state/none/none" -o Dir::Etc::preferencesparts="$state/none" -o APT::Architecture=amd64 \
        -o APT::Architectures::=amd64 -o APT::Sandbox::User= -o APT::Install-Recommends=false \
        -o APT::Update::Post-Invoke::= -o DPkg::Lock::Timeout=60 "${@:2}"
}

# pin_date: the newest date among the package indexes becomes the date of everything built, so that the same
# packages give the same image. Needs a finished "private_apt apt-get update".
pin_date() {
    [[ -n ${SOURCE_DATE_EPOCH-} ]] || SOURCE_DATE_EPOCH=$(
        sed -sn 's/^Date: //p' "$WORK"/apt/lists/*Release | while read -r date; do date -d "$date" +%s; done |
            sort -n | tail -1
    )
    export SOURCE_DATE_EPOCH
}

# download NAME...: just these packages into $WORK/apt/cache/archives; apt compares each with the signed index.
download() {
    (cd "$WORK/apt/cache/archives" && run private_apt apt-get download "$@")
}

# unpack TREE NAME...: the files of downloaded packages into TREE; no maintainer script runs.
unpack() {
    local tree=$1 name
    for name in "${@:2}"; do
        run dpkg-deb --extract "$WORK"/apt/cache/archives/"$name"_*.deb "$tree"
    done
}

# version_of NAME: "name version" of a downloaded package, for the manifest.
version_of() {
    dpkg-deb --show --showformat '${Package} ${Version}\n' "$WORK"/apt/cache/archives/"$1"_*.deb
}
