#!/bin/sh
# Create /srv/docker, a package repository like Docker's, for Debian 12 without access to Docker's: the same layout, signature and
# package names. The packages are those of Debian 13, which run on Debian 12.
set -eu
work=$(mktemp -d)
pool=/srv/docker/pool
index=/srv/docker/dists/bookworm
mkdir -p "$pool" "$index/stable/binary-amd64" "$work/lists/partial"

apt-get -qq update
apt-get -qq install -y --no-install-recommends gpg gpg-agent >/dev/null
grep -E ' bookworm main' /etc/apt/sources.list | sed 's/bookworm/trixie/' >"$work/trixie.list"
# Debian 13's package lists are stored apart from the system's.
trixie() {
  apt-get -qq -o Dir::Etc::SourceList="$work/trixie.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$work/lists" \
    -o Dir::Cache::PkgCache= -o Dir::Cache::SrcPkgCache= -o APT::Sandbox::User=root "$@"
}
cd "$pool"
trixie update
trixie download docker.io docker-cli containerd docker-compose

# Remove the relations that prevent installing the packages on Debian 12.
rename() {
  dpkg-deb --raw-extract "$1"_*.deb "$work/$2"
  sed -i -E "/^(Conflicts|Breaks|Replaces|Provides|Recommends|Suggests):/d; s/^Package: .*/Package: $2/; s/\\bcontainerd \\(/containerd.io (/" \
    "$work/$2/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone --build "$work/$2" "$pool/$2.deb" >/dev/null
  rm -r "$1"_*.deb "$work/$2"
}
rename docker.io docker-ce
rename docker-cli docker-ce-cli
rename containerd containerd.io
rename docker-compose docker-compose-plugin

for package in *.deb; do
  dpkg-deb --field "$package"
  printf 'Filename: pool/%s\nSize: %s\nSHA256: %s\n\n' "$package" "$(stat -c %s "$package")" "$(sha256sum <"$package" | cut -d' ' -f1)"
done >"$index/stable/binary-amd64/Packages"
cd "$index"
list=stable/binary-amd64/Packages
printf 'Origin: Docker\nSuite: bookworm\nCodename: bookworm\nComponents: stable\nArchitectures: amd64\nDate: %s\nSHA256:\n %s %s %s\n' \
  "$(date -Ru)" "$(sha256sum <$list | cut -d' ' -f1)" "$(stat -c %s $list)" $list >"$work/Release"
export GNUPGHOME="$work/gpg"
mkdir -m 700 "$GNUPGHOME"
gpg --quiet --batch --passphrase '' --quick-generate-key fake-docker default default never 2>/dev/null
gpg --quiet --batch --clearsign --output InRelease "$work/Release"
gpg --quiet --batch --armor --export >/srv/docker/gpg
gpg --quiet --batch --with-colons --list-keys | awk -F: '$1 == "fpr" { print $10; exit }' >/srv/docker/fingerprint
gpgconf --kill all
rm -rf "$work"
