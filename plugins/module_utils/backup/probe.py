# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask an S3 server whether it has a repository of restic, whose own messages have no codes."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import datetime, timezone
from urllib.parse import quote, urlsplit, urlunsplit

from ansible_collections.sovereign.vdc.plugins.module_utils.backup import s3_errors
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.signature import Signature

TIMEOUT = 20  # seconds
CONFIG = "config"  # the object that every repository has


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: object) -> None:
        """Make an error of every redirect: its target would get a signature for another host."""


def object_storage_code(url: str, access_key: str, secret_key: str, region: str) -> str | None:
    """Return the code of the error with which S3 answers a request for the repository at ``url`` (``s3:https://…``).

    Empty if it has the repository; ``None`` if ``url`` is not in S3, or the server gives no code.
    """
    if not url.startswith("s3:"):
        return None
    place = url.removeprefix("s3:")
    parts = urlsplit(place if place.startswith(("http://", "https://")) else f"https://{place.lstrip('/')}")
    target = urlunsplit((parts.scheme, parts.netloc, f"{quote(parts.path.rstrip('/'))}/{CONFIG}", "", ""))
    # ``timezone.utc``, because nodes may have Python 3.10.
    headers = Signature(access_key, secret_key, region).headers("GET", target, datetime.now(timezone.utc))  # noqa: UP017
    request = urllib.request.Request(target, headers=headers)  # noqa: S310  (http or https, see above)
    try:
        urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT).close()
    except urllib.error.HTTPError as error:
        return s3_errors.read(error.read(1 << 16))[0] or None
    except OSError:
        return None
    return ""
