#!/bin/sh
# root.sh FOLDER SCRIPT: runs SCRIPT in a root of its own, which is this system with all
# that is changed kept in memory, and thrown away; FOLDER is /made there.
set -eu
made=$1
script=$2
top=$(mktemp -d)
mount -t tmpfs none "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" none "$top/root"
mount --rbind /dev "$top/root/dev"
mount -t proc none "$top/root/proc"
mkdir "$top/root/made"
mount --bind "$made" "$top/root/made"
cp "$script" "$top/root/script"
# Nothing of this system's services may be spoken to.
mount -t tmpfs none "$top/root/run"
PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$top/root" sh /script
