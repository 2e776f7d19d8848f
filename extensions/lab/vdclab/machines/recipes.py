"""The recipes of the container images in the lab's registry: pure data, one entry per image."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from .debian import multiarch


@dataclass(frozen=True)
class Recipe:
    """One image, built on top of the image ``base``.

    ``keep`` lists files or directories of the unpacked ``packages`` that go into the image; the
    libraries that they load are added. ``drop`` lists patterns to remove first, ``compile`` is a
    directory of Python modules to compile. ``files`` maps further paths to contents (programs
    begin with ``#!``), ``links`` paths to targets, ``directories`` paths to the owner's user id.
    """

    name: str
    tags: tuple[str, ...]
    packages: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    base: Recipe | None = None
    drop: tuple[str, ...] = ()
    compile: str = ""
    port: int | None = None
    user: str = ""
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    directories: dict[str, int] = field(default_factory=dict)


# The unprivileged user of every image here.
APP = 999

BASE_FILES = {
    "etc/passwd": f"root:x:0:0::/root:/bin/sh\napp:x:{APP}:{APP}::/data:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "etc/group": f"root:x:0:\napp:x:{APP}:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
BASE_DIRECTORIES = {"tmp": 0, "run": 0, "root": 0}
# A shell and the programs that health checks call.
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

# A third of Python, which no agent and no fake imports.
PYTHON_UNUSED = tuple(
    f"usr/lib/python3.13/{name}"
    for name in [
        "idlelib",
        "sitecustomize*",
        "lib2to3",
        "ensurepip",
        "pydoc_data",
        "unittest",
        "turtledemo",
        "config-*",
        "sqlite3",
        "_pyrepl",
        "curses",
        "dbm",
        "wsgiref",
        "xmlrpc",
        "venv",
        "tkinter",
        "test",
        "lib-dynload/_dbm*",
        "lib-dynload/_sqlite3*",
        "lib-dynload/_curses*",
        "lib-dynload/_test*",
        "lib-dynload/readline*",
        "lib-dynload/_tkinter*",
        "lib-dynload/_codecs_*",
        "lib-dynload/_gdbm*",
        "lib-dynload/xx*",
    ]
)

PYTHON = Recipe(
    name="lab/python",
    tags=("trixie", "3.13"),
    packages=("python3.13", "bash", "busybox-static", "ca-certificates"),
    keep=("usr/bin/python3.13", "usr/lib/python3.13", "usr/bin/bash", "usr/bin/busybox"),
    drop=PYTHON_UNUSED,
    compile="usr/lib/python3.13",
    command=("python3",),
    files=BASE_FILES,
    links={**BASE_LINKS, "usr/bin/python3": "python3.13"},
    directories=BASE_DIRECTORIES,
)

FAKES = Path(__file__).parents[1] / "fakes"


def fake(name: str, program: str, port: int) -> Recipe:
    """The image of the fake of ``name``, a program that Debian does not package; ``program`` is its
    path in the real image."""
    start = (
        f"#!/usr/bin/python3\nimport sys\n\nsys.path.insert(0, '/opt')\nfrom fakes.fake_{name} import main\n\nmain()\n"
    )
    return Recipe(
        name=f"lab/fake-{name}",
        tags=("trixie",),
        base=PYTHON,
        entrypoint=("/" + program,),
        port=port,
        files={
            **{f"opt/fakes/{path.name}": path.read_text() for path in sorted(FAKES.glob("*.py"))},
            program: start,
        },
        directories={"data": APP},
    )


# As in the real image, the entrypoint adds settings to the file in NEO4J_HOME, and fails if it cannot.
NEO4J_ENTRYPOINT = """\
#!/usr/bin/bash
set -eu
echo "server.directories.run=/run" >> "${NEO4J_HOME:-/var/lib/neo4j}/conf/neo4j.conf"
exec /usr/bin/neo4j
"""


def fake_neo4j() -> Recipe:
    """The fake Neo4j, with the files and programs of the real image that start it."""
    base = fake("neo4j", "usr/bin/neo4j", 7474)
    more = {
        "startup/docker-entrypoint.sh": NEO4J_ENTRYPOINT,
        "usr/bin/tini": '#!/usr/bin/bash\nshift 2\nexec "$@"\n',
        "var/lib/neo4j/conf/neo4j.conf": "server.directories.import=import\n",
        "var/lib/neo4j/bin/neo4j": "#!/usr/bin/bash\nexec /usr/bin/neo4j\n",
    }
    start = ("/usr/bin/tini", "-g", "--", "/startup/docker-entrypoint.sh")
    return replace(base, files={**base.files, **more}, entrypoint=start, command=("neo4j",))


# Creates the database at the first start, from the same variables and files as PostgreSQL's own image.
POSTGRES_START = """\
#!/bin/sh
set -eu
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  new=$PGDATA.new
  rm -rf "$new"
  # initdb and postgres need a name for their user.
  echo "postgres:x:$(id -u):$(id -g)::/tmp:/bin/false" >/tmp/passwd
  echo "postgres:x:$(id -g):" >/tmp/group
  export LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=/tmp/passwd NSS_WRAPPER_GROUP=/tmp/group
  initdb --pgdata="$new" --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" --encoding=UTF8 --locale=C \\
    --locale-provider=builtin --builtin-locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 --no-sync
  echo 'host all all all scram-sha-256' >>"$new/pg_hba.conf"
  echo "CREATE DATABASE \\"$POSTGRES_DB\\"" | postgres --single -D "$new" postgres
  cat /docker-entrypoint-initdb.d/*.sql | postgres --single -D "$new" "$POSTGRES_DB"
  unset LD_PRELOAD
  sync
  mv "$new" "$PGDATA"
fi
exec "$@"
"""
POSTGRES_PROGRAMS = ("postgres", "initdb", "psql", "pg_dump", "pg_restore", "pg_isready")

RECIPES = (
    Recipe(
        name="lab/busybox",
        tags=("trixie", "1.37"),
        packages=("busybox-static",),
        keep=("usr/bin/busybox",),
        command=("sh",),
        files=BASE_FILES,
        links=BASE_LINKS,
        directories=BASE_DIRECTORIES,
    ),
    Recipe(
        name="lab/nginx",
        tags=("trixie", "1.26"),
        packages=("nginx", "bash", "busybox-static"),
        # bash, because the stacks' health checks use its /dev/tcp.
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
        directories={**BASE_DIRECTORIES, "var/lib/nginx": APP, "var/log/nginx": APP},
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
        directories={**BASE_DIRECTORIES, "data": APP},
    ),
    Recipe(
        name="lab/postgis",
        tags=("trixie", "17-3.5"),
        packages=(
            "postgresql-17",
            "postgresql-17-postgis-3",
            "postgresql-17-postgis-3-scripts",
            "libnss-wrapper",
            "tzdata",
            "busybox-static",
        ),
        keep=(
            *(f"usr/lib/postgresql/17/bin/{program}" for program in POSTGRES_PROGRAMS),
            *(f"usr/lib/postgresql/17/lib/{name}.so" for name in ("plpgsql", "postgis-3", "dict_snowball")),
            "usr/share/postgresql/17",
            "usr/share/proj/proj.db",
            "usr/share/zoneinfo/Etc/UTC",
            f"usr/lib/{multiarch()}/libnss_wrapper.so",
            "usr/bin/busybox",
        ),
        # PostGIS' other extensions, and upgrade scripts from its earlier versions.
        drop=tuple(
            f"usr/share/postgresql/17/{name}"
            for name in [
                "extension/postgis_topology*",
                "extension/postgis_raster*",
                "extension/postgis_sfcgal*",
                "extension/postgis_tiger_geocoder*",
                "extension/address_standardizer*",
                "extension/postgis--*--*.sql",
                "contrib",
                "man",
            ]
        ),
        entrypoint=("docker-entrypoint.sh",),
        command=("postgres",),
        port=5432,
        user=f"{APP}:{APP}",
        files={**BASE_FILES, "usr/bin/docker-entrypoint.sh": POSTGRES_START},
        links={
            **BASE_LINKS,
            "usr/bin/sync": "busybox",
            "usr/bin/find": "busybox",
            **{f"usr/bin/{program}": f"../lib/postgresql/17/bin/{program}" for program in POSTGRES_PROGRAMS},
        },
        directories={**BASE_DIRECTORIES, "data": APP},
    ),
    PYTHON,
    fake("qdrant", "qdrant/qdrant", 6333),
    fake_neo4j(),
    fake("seaweedfs", "usr/bin/weed", 8333),
)
