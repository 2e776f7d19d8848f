#!/bin/sh
# mmdebstrap runs this with the tree as $1 after it has configured the packages: make a Debian that
# boots fast under emulation, without anything that must differ between guests.
set -eu
root=$1
inside() { chroot "$root" "$@"; }

# Uncompressed modules load much faster.
find "$root/usr/lib/modules" -name '*.ko.xz' -exec xz -d {} +
release=$(ls "$root/usr/lib/modules")
inside depmod "$release"

inside systemctl --quiet enable systemd-networkd.service ssh.service lab-seed.service lab-ready.service lab-grow-root.service
# Roles must enable the services that they use, as on a cloud; Docker is also started by its socket.
inside systemctl --quiet disable docker.service containerd.service prometheus-node-exporter.service \
  nfs-server.service nfs-client.target rpcbind.service rpcbind.socket nfs-blkmap.service \
  systemd-networkd-wait-online.service lvm2-monitor.service blk-availability.service strongswan.service 2>/dev/null || true
inside systemctl --quiet enable docker.socket

for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer \
  e2scrub_reap.service xfs_scrub_all.timer systemd-tmpfiles-clean.timer man-db.timer \
  systemd-networkd-wait-online.service systemd-networkd-persistent-storage.service \
  systemd-pstore.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
  systemd-rfkill.service systemd-rfkill.socket systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
  systemd-journal-flush.service systemd-journal-catalog-update.service systemd-update-done.service \
  systemd-machine-id-commit.service systemd-hwdb-update.service ldconfig.service systemd-sysupdate.timer \
  getty@tty1.service serial-getty@ttyS0.service getty-static.service systemd-hostnamed.socket \
  cloud-init-hotplugd.socket cloud-init-hotplugd.service prometheus-node-exporter-apt.timer \
  prometheus-node-exporter-nvme.timer prometheus-node-exporter-smartmon.timer \
  prometheus-node-exporter-ipmitool-sensor.timer prometheus-node-exporter-mellanox-hca-temp.timer \
  sshd-keygen.service modprobe@drm.service modprobe@fuse.service modprobe@configfs.service \
  sys-fs-fuse-connections.mount systemd-udev-load-credentials.service modprobe@efi_pstore.service systemd-tpm2-setup.service systemd-tpm2-setup-early.service \
  systemd-pcrphase.service smartmontools.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# Whatever must differ between guests is created at their first boot.
rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id" "$root/var/lib/systemd/random-seed"
: > "$root/etc/machine-id"
rm -rf "$root"/etc/update-motd.d/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
  "$root"/boot/initrd* "$root"/etc/resolv.conf "$root"/etc/hostname
mkdir -p "$root/var/lib/apt/lists/partial" "$root/var/cache/apt/archives/partial"
