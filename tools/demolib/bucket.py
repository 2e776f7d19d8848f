"""A tenant's dump bucket, used as its owner would.

The bucket listens on its node's loopback, so curl runs on the node, over SSH. Credentials are passed on
standard input only.
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

HEAD = r"""
read -r access secret
s3() { printf 'user = "%s:%s"\naws-sigv4 = "aws:amz:us-east-1:s3"\n' "$access" "$secret" | curl -sf -K - "$@"; }
list() { s3 "$bucket?list-type=2" | grep -o '<Key>[^<]*' | cut -c6-; }
"""
DROP = (
    HEAD
    + r"""
printf '%s\n' "$text" > /tmp/vdc-demo-document
s3 -T /tmp/vdc-demo-document "$bucket/inbox/$name"
rm /tmp/vdc-demo-document
for attempt in $(seq 90); do
  list | grep -F -- "-$name" | grep '^filed/' && exit 0
  sleep 1
done
exit 1
"""
)
LIST = HEAD + "list"
# Writes one record after the other and prints each number when the bucket has acknowledged it, until standard input closes.
WRITE = (
    HEAD
    + r"""
n=0
while read -r -t 0.2 line; [ $? -gt 128 ] && [ $n -lt 2000 ]; do
  n=$((n + 1))
  printf '%s\n' $n > /tmp/vdc-demo-record
  s3 -T /tmp/vdc-demo-record "$bucket/records/$(printf '%05d' $n)" > /dev/null && printf '%05d\n' $n
done
rm -f /tmp/vdc-demo-record
"""
)


class Bucket:
    """The bucket ``dump`` of the tenant whose object store listens at ``port`` of the node behind ``ssh``."""

    def __init__(self, ssh: list[str], port: int, credentials: Path) -> None:
        self._ssh = ssh
        self._url = f"http://127.0.0.1:{port}/dump"
        keys = [(credentials / name).read_text().strip() for name in ("s3_access_key", "s3_secret_key")]
        self._keys = " ".join(keys) + "\n"

    def drop(self, name: str, text: str) -> str:
        """Put a document into the inbox, wait until the agent has filed it, and return its new key.

        Raises ``subprocess.CalledProcessError`` when it is not filed within 90 attempts, one a second.
        """
        return self._run(DROP, name=name, text=text).splitlines()[0]

    def list_keys(self) -> list[str]:
        """Return the keys of the bucket's first thousand objects."""
        return self._run(LIST).splitlines()

    def writer(self) -> subprocess.Popen[str]:
        """Start a process that writes records until its standard input closes, and prints the acknowledged ones."""
        process = subprocess.Popen(
            self._command(WRITE, {}), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert process.stdin is not None
        process.stdin.write(self._keys)
        process.stdin.flush()
        return process

    def _run(self, script: str, **values: str) -> str:
        done = subprocess.run(
            self._command(script, values), input=self._keys, stdout=subprocess.PIPE, text=True, check=True, timeout=300
        )
        return done.stdout

    def _command(self, script: str, values: dict[str, str]) -> list[str]:
        words = [f"{key}={shlex.quote(value)}" for key, value in {"bucket": self._url, **values}.items()]
        return [*self._ssh, "set -e; " + "; ".join(words) + "\n" + script]
