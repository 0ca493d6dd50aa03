# Debian packages through the apt sources this machine is configured with, into a private apt state: the
# machine's own package lists and installed packages are neither used nor changed. apt checks every signature.
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# read_lists SUITE: the package lists of SUITE, its updates and security updates, from the machine's configured mirrors.
# Where only another Debian suite is configured, the same mirrors are asked for SUITE.
read_lists() {
    # --print-uris knows the configured sources also where no "apt-get update" ever ran.
    apt-get update --print-uris | sed -nE "s|^'(.*/)dists/(.*)/InRelease'.*|\1 \2|p" |
        awk -v suite="$1" -v keyring="$KEYRING" '
            $1 !~ /debian/ || $2 ~ /backports|proposed|debug|experimental/ { next }
            {
                kind = $2 ~ /-security$|\/updates$/ ? suite "-security" : $2 ~ /-updates$/ ? suite "-updates" : suite
                line = "deb [signed-by=" keyring "] " $1 " " kind " main"
                if (!seen[line]++) print line
            }' > "$WORK/candidates"
    [[ -s $WORK/candidates ]] || fail "no Debian archive among this machine's apt sources"
    cp "$WORK/candidates" "$WORK/sources.list"
    run private_apt apt-get update --error-on=any || only_signed_by_debian
    pin_date
}

# Somebody else's packages for Debian may be configured too. They are not signed by Debian: asked one by one, they fail.
only_signed_by_debian() {
    local line accepted=()
    while IFS= read -r line; do
        echo "$line" > "$WORK/sources.list"
        ! run private_apt apt-get update --error-on=any < /dev/null || accepted+=("$line")
    done < "$WORK/candidates"
    ((${#accepted[@]})) || fail "none of this machine's apt sources answers with lists signed by Debian"
    printf '%s\n' "${accepted[@]}" > "$WORK/sources.list"
    run private_apt apt-get update --error-on=any
}

# private_apt COMMAND ARGUMENTS...: apt with this build's sources and state and the machine's settings (proxy).
private_apt() {
    local state=$WORK/apt
    if [[ ! -d $state ]]; then
        mkdir -p "$state"/{lists/partial,cache/archives/partial,none}
        : > "$state/status"
    fi
    "$1" -q -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" \
        -o Dir::Cache="$state/cache" -o Dir::Etc::sourcelist="$WORK/sources.list" -o Dir::Etc::sourceparts="$state/none" \
        -o Dir::Etc::preferences="$state/none/none" -o Dir::Etc::preferencesparts="$state/none" -o APT::Architecture=amd64 \
        -o APT::Architectures::=amd64 -o APT::Sandbox::User= -o APT::Install-Recommends=false \
        -o APT::Update::Post-Invoke::= -o DPkg::Lock::Timeout=60 "${@:2}"
}

# pin_date: the newest date among the package indexes becomes the date of everything built, so that the same
# packages give the same image.
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
