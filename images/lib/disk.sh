# From files to a bootable disk without mounts, loop devices or root: a raw file is cut into partitions by sfdisk,
# file systems are written at their offsets (mtools, mke2fs -d), GRUB is put where grub-install would put it.
#
# Layout (GPT; numbers as in Debian's cloud images, so that the root partition is 1 and last, free to grow):
#   14  BIOS boot, 1 MiB: GRUB's core image for BIOS       15  ESP, FAT: GRUB for UEFI       1  root, optional
MIB=1048576
BIOS_BOOT_MIB=1
ESP_MIB=2   # first MiB of the ESP; its size is the caller's

# mark NAME FIELD: a fixed UUID of this recipe, so that two builds are alike.
mark() {
    printf 'warren image %s %s' "$1" "$2" | sha256sum |
        sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/\1-\2-4\3-8\4-\5/'
}

# partition DISK NAME ESP_SIZE_MIB [ROOT_SIZE_MIB]
partition() {
    local disk=$1 name=$2 esp=$3 root=${4-0} end
    end=$((ESP_MIB + esp + root + 1))
    truncate -s "${end}M" "$disk"
    {
        echo "label: gpt"
        echo "label-id: $(mark "$name" disk)"
        echo "14: start=${BIOS_BOOT_MIB}MiB, size=1MiB, uuid=$(mark "$name" bios), type=21686148-6449-6E6F-744E-656564454649"
        echo "15: start=${ESP_MIB}MiB, size=${esp}MiB, uuid=$(mark "$name" esp), type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
        ((root == 0)) ||
            echo "1: start=$((ESP_MIB + esp))MiB, size=${root}MiB, uuid=$(mark "$name" root), type=0FC63DAF-8483-4772-8E79-3D69D8477DE4"
    } | sfdisk --quiet --no-reread --no-tell-kernel "$disk"
}

# make_esp DISK NAME SIZE_MIB FOLDER: the FAT file system of partition 15 with the content of FOLDER.
make_esp() {
    local disk=$1 name=$2 size=$3 folder=$4 serial
    serial=$(mark "$name" fat | cut -c1-8)
    # 32 KiB clusters: GRUB reads cluster by cluster, and with mformat's choice (512 bytes) it takes seconds longer.
    run mformat -c 64 -i "$disk@@${ESP_MIB}M" -v WARREN -N "$serial" -T $((size * 2048)) -h 16 -s 63 ::
    find "$folder" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
    # One by one in sorted order: the order of a directory would otherwise be the build machine's.
    (cd "$folder" && find . -mindepth 1 -type d | sort) | while read -r path; do
        mmd -i "$disk@@${ESP_MIB}M" "::${path#.}"
    done
    (cd "$folder" && find . -type f | sort) | while read -r path; do
        mcopy -m -i "$disk@@${ESP_MIB}M" "$folder/$path" "::${path#.}"
    done
}

# extent DISK FILE PATH: where the copy of FILE lies on the ESP, as GRUB's block list START+COUNT in sectors of the
# partition. Through the file system GRUB reads through its cache, in pieces half as large and more, and each piece costs
# the BIOS milliseconds without hardware acceleration.
extent() {
    local at="$1@@${ESP_MIB}M" first
    # In one piece, as it is written to an empty file system.
    first=$(mshowfat -i "$at" "::$3" | sed -nE 's/^[^<>]*<([0-9]+)-[0-9]+>$/\1/p')
    [[ -n $first ]] || fail "$3 does not lie in one piece"
    minfo -i "$at" :: | awk -F': ' -v first="$first" -v bytes="$(stat -c %s "$2")" '
        /^cluster size/ { cluster = $2 + 0 }
        /^reserved/ { start += $2 }
        /^fats/ { fats = $2 }
        /^sectors per fat/ { start += fats * $2 }
        /^max available root/ { start += $2 * 32 / 512 }
        END { printf "%d+%d\n", start + (first - 2) * cluster, (bytes + 511) / 512 }'
}

# make_root DISK NAME ESP_SIZE_MIB SIZE_MIB TREE: the ext4 file system of partition 1 with the content of TREE. The two
# features switched off are unknown to GRUB 2.06.
make_root() {
    local disk=$1 name=$2 esp=$3 size=$4 tree=$5
    E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH run as_root mke2fs -q -F -t ext4 -L root -m 1 -U "$(mark "$name" rootfs)" \
        -O ^metadata_csum_seed,^orphan_file \
        -E "offset=$(((ESP_MIB + esp) * MIB)),hash_seed=$(mark "$name" hash),lazy_itable_init=0,lazy_journal_init=0" \
        -d "$tree" "$disk" "$((size * 1024))k"
}

# grub_efi FILE CONFIG MODULE...: GRUB for UEFI as one file with CONFIG inside. Without efi_gop the kernel would not
# learn of the frame buffer and the screen would stay GRUB's.
grub_efi() {
    run grub-mkimage --format x86_64-efi --output "$1" --config "$2" --prefix /grub efi_gop "${@:3}"
}

# grub_bios DISK CONFIG MODULE...: GRUB for BIOS: boot.img into the first sector, core.img into the BIOS boot
# partition. The patched fields are those grub-bios-setup writes (GRUB's include/grub/i386/pc/boot.h).
grub_bios() {
    local disk=$1 config=$2 lib=/usr/lib/grub/i386-pc core=$WORK/core.img boot=$WORK/boot.img
    local sector=$((BIOS_BOOT_MIB * MIB / 512))
    run grub-mkimage --format i386-pc --output "$core" --config "$config" --prefix /grub "${@:3}"
    (($(stat -c %s "$core") <= MIB)) || fail "GRUB's core image does not fit the BIOS boot partition"
    cp "$lib/boot.img" "$boot"
    poke "$boot" $((0x5c)) "$(le64 "$sector")"          # where boot.img finds core.img
    poke "$boot" $((0x66)) '\x90\x90'                   # hard disk: trust the drive number the BIOS gives
    poke "$core" $((0x1f4)) "$(le64 $((sector + 1)))"   # where core.img's first sector finds the rest
    # Bytes 440-511 of the first sector belong to the partition table.
    dd if="$boot" of="$disk" bs=1 count=440 conv=notrunc status=none
    dd if="$core" of="$disk" bs=512 seek="$sector" conv=notrunc status=none
}

poke() { # FILE OFFSET ESCAPED_BYTES
    printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

le64() {
    local value=$1 i
    for ((i = 0; i < 8; i++)); do
        printf '\\x%02x' $((value >> 8 * i & 255))
    done
}

# pack DISK [OPTION...]: the finished raw disk as OUTPUT/disk.qcow2; -c compresses.
pack() {
    run qemu-img convert -f raw -O qcow2 "${@:2}" "$1" "$OUTPUT/disk.qcow2"
}
