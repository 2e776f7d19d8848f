"""Which container images the lab's registry offers. Data: another image is another entry."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Recipe:
    """One image.

    ``keep`` names files or folders of the unpacked ``packages``; the libraries that kept
    programs load come by themselves. ``files`` maps further paths to contents, ``links`` paths
    to targets, ``folders`` paths to the user id that owns them.
    """

    name: str
    tags: tuple[str, ...]
    packages: tuple[str, ...]
    keep: tuple[str, ...]
    command: tuple[str, ...]
    port: int | None = None
    user: str = ""
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)


# The unprivileged user of every image here.
APP = 999

BASE_FILES = {
    "etc/passwd": f"root:x:0:0::/root:/bin/sh\napp:x:{APP}:{APP}::/data:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "etc/group": f"root:x:0:\napp:x:{APP}:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
BASE_FOLDERS = {"tmp": 0, "run": 0, "root": 0}
# A shell and what health checks call.
TOOLS = "sh cat chmod chown cp date df echo env false grep head hostname id kill ln ls mkdir mv nc ps rm sed sleep tail test top touch true wget"
BASE_LINKS = {f"usr/bin/{tool}": "busybox" for tool in TOOLS.split()}

NGINX_CONF = """\
user app;
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 256; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log off;
  server {
    listen 80;
    root /usr/share/nginx/html;
    location = /healthz { default_type text/plain; return 200 "ok\\n"; }
  }
}
"""
NGINX_TYPES = """\
types {
  text/html html; text/css css; text/plain txt; application/javascript js;
  application/json json; image/svg+xml svg; image/png png; image/jpeg jpg;
}
"""

RECIPES = (
    Recipe(
        name="lab/busybox",
        tags=("trixie", "1.37"),
        packages=("busybox-static",),
        keep=("usr/bin/busybox",),
        command=("sh",),
        files=BASE_FILES,
        links=BASE_LINKS,
        folders=BASE_FOLDERS,
    ),
    Recipe(
        name="lab/nginx",
        tags=("trixie", "1.26"),
        packages=("nginx", "bash", "busybox-static"),
        # bash, because stacks ask for health with its /dev/tcp.
        keep=("usr/sbin/nginx", "usr/bin/bash", "usr/bin/busybox"),
        command=("nginx", "-e", "/dev/stderr", "-g", "daemon off;"),
        port=80,
        files={
            **BASE_FILES,
            "etc/nginx/nginx.conf": NGINX_CONF,
            "etc/nginx/mime.types": NGINX_TYPES,
            "usr/share/nginx/html/index.html": "<!doctype html><title>lab</title><p>nginx of the lab\n",
        },
        links=BASE_LINKS,
        folders={**BASE_FOLDERS, "var/lib/nginx": APP, "var/log/nginx": APP},
    ),
    Recipe(
        name="lab/redis",
        tags=("trixie", "8.0"),
        packages=("redis-server", "busybox-static"),
        keep=("usr/bin/redis-server", "usr/bin/redis-cli", "usr/bin/busybox"),
        command=("redis-server", "--bind", "*", "--protected-mode", "no", "--dir", "/data"),
        port=6379,
        user=f"{APP}:{APP}",
        files=BASE_FILES,
        links=BASE_LINKS,
        folders={**BASE_FOLDERS, "data": APP},
    ),
)
