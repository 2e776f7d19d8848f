"""Access from the host to guests in the lab's own network: ssh configuration and scripts."""

from __future__ import annotations

import shlex
from pathlib import Path

from .namespace import Namespace

SSH_CONFIG = """\
# Guests are new at every start of a lab, so their host keys are accepted and stored apart from the
# user's own. A key exchange that is fast on an emulated processor saves seconds.
Host *
  User root
  ProxyCommand {proxy} %h %p
  StrictHostKeyChecking no
  UserKnownHostsFile "{known}"
  LogLevel ERROR
  ConnectTimeout 30
  ServerAliveInterval 20
  ServerAliveCountMax 6
  ControlMaster auto
  ControlPersist 60
  ControlPath "{sockets}/%C"
  KexAlgorithms curve25519-sha256
  HostKeyAlgorithms ssh-ed25519
  Ciphers aes128-gcm@openssh.com,chacha20-poly1305@openssh.com
  Compression no
  GSSAPIAuthentication no
"""

INSIDE = """\
#!/bin/sh
# Run a command inside the lab's network: {path} curl http://203.0.113.10/
exec {enter} "$@"
"""

PROXY = """\
#!/bin/sh
# For ssh's ProxyCommand: {path} HOST PORT
exec {enter} socat - "TCP:$1:$2"
"""


def write(run_dir: Path, network: Namespace) -> None:
    """Write ``inside``, ``proxy`` and ``ssh_config`` into ``run_dir``."""
    enter = shlex.join(network.enter())
    for name, text in (("inside", INSIDE), ("proxy", PROXY)):
        path = run_dir / name
        path.write_text(text.format(path=path, enter=enter))
        path.chmod(0o755)
    sockets = run_dir / "ssh"
    sockets.mkdir(exist_ok=True, mode=0o700)
    config = SSH_CONFIG.format(
        proxy=shlex.quote(str(run_dir / "proxy")), known=run_dir / "known_hosts", sockets=sockets
    )
    (run_dir / "ssh_config").write_text(config)


def ssh_args(run_dir: Path) -> str:
    """The value for ``ANSIBLE_SSH_COMMON_ARGS``."""
    return f"-F {shlex.quote(str(run_dir / 'ssh_config'))}"
