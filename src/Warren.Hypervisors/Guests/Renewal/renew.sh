# Gives a fork an identity of its own. The agent runs it as root in the guest; a small guest's shell must do.
# Arguments: host name, machine-id, MAC address, user, renew.s as printf's escapes.
# Standard input: what renew.s reads, then public keys for the user, one a line.
set -e
umask 077
name=$1 id=$2 mac=$3 user=$4

# Clock and entropy come first: everything after that depends on them.
# A folder that may hold no programs makes the shell say 126 before a byte is read.
status=126
for folder in /run /dev/shm /tmp /var/tmp /root; do
    file=$folder/.warren-renew
    { printf "$5" > "$file"; } 2> /dev/null || continue
    chmod 700 "$file"
    status=0
    "$file" 2> /dev/null || status=$?
    rm -f "$file"
    [ "$status" = 126 ] || break
done
case $status in
    0) ;;
    126) echo "no folder of the guest may hold a program" >&2; exit 1 ;;
    *) echo "the guest's kernel refused a new clock or new entropy" >&2; exit 1 ;;
esac
# Only the clock, once more.
[ -n "$name" ] || exit 0
keys=$(cat)

renew_host_keys() {
    if [ -x /usr/sbin/sshd ]; then
        rm -f /etc/ssh/ssh_host_*
        # RSA takes seconds without acceleration, and every client of this decade knows Ed25519.
        ssh-keygen -q -t ed25519 -N '' -C "root@$name" -f /etc/ssh/ssh_host_ed25519_key
        # The running one has its parent's key in memory.
        [ ! -f /run/sshd.pid ] || kill -HUP "$(cat /run/sshd.pid)"
    fi
    [ ! -d /etc/dropbear ] || renew_dropbear || { echo "the guest's SSH server did not start" >&2; return 1; }
}

renew_dropbear() {
    # Tried again: the boot that was frozen may be about to start one, too.
    for attempt in 1 2 3; do
        # The next one needs its port.
        for pid in $(pidof dropbear); do
            while kill "$pid" 2> /dev/null; do sleep 0.02; done
        done
        rm -f /etc/dropbear/dropbear_*_host_key
        if [ -x /sbin/rc.ssh ]; then
            /sbin/rc.ssh && return
        else
            dropbearkey -t ed25519 -f /etc/dropbear/dropbear_ed25519_host_key > /dev/null 2>&1 && service dropbear restart && return
        fi
    done
    return 1
}

renew_name() {
    read -r before < /proc/sys/kernel/hostname
    echo "$name" > /proc/sys/kernel/hostname
    echo "$name" > /etc/hostname
    [ ! -f /etc/hosts ] || sed -i "s/\([[:space:]]\)$before\([[:space:].]\|\$\)/\1$name\2/g" /etc/hosts
    echo "$id" > /etc/machine-id
    chmod 444 /etc/machine-id
    [ ! -f /var/lib/dbus/machine-id ] || [ -L /var/lib/dbus/machine-id ] || echo "$id" > /var/lib/dbus/machine-id
}

renew_keys() {
    [ -n "$keys" ] || return 0
    home=
    while IFS=: read -r account _ uid gid _ folder _; do
        [ "$account" != "$user" ] || { home=$folder owner=$uid:$gid; }
    done < /etc/passwd
    [ -n "$home" ] || { echo "the guest has no user $user" >&2; exit 1; }
    mkdir -p "$home/.ssh"
    printf '%s\n' "$keys" > "$home/.ssh/authorized_keys"
    chown "$owner" "$home/.ssh" "$home/.ssh/authorized_keys"
}

# The card reads its address when its driver begins with it. What the system has written down about the old address follows.
renew_card() {
    for card in /sys/bus/virtio/drivers/virtio_net/virtio*; do
        [ -e "$card" ] || continue
        for file in "$card"/net/*/address; do read -r before < "$file"; done
        files=$(grep -lis "$before" /etc/netplan/* /run/systemd/network/* /etc/systemd/network/* /etc/network/interfaces || true)
        [ -z "$files" ] || sed -i "s/$before/$mac/Ig" $files
        echo "${card##*/}" > /sys/bus/virtio/drivers/virtio_net/unbind
        [ -z "$files" ] || [ ! -d /run/systemd/netif ] || networkctl reload
        echo "${card##*/}" > /sys/bus/virtio/drivers/virtio_net/bind
    done
}

renew_name
renew_host_keys > /dev/null &
renew_keys
renew_card
wait $!
