#!/bin/sh
# Print the fingerprint of the key of the copy of Docker's repository in a container: docker-fingerprint.sh <container>
set -eu
sudo=$(test "$(id -u)" = 0 || echo sudo)
$sudo podman exec "$1" cat /srv/docker/fingerprint
