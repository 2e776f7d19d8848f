"""Run the filing agent: ``python -m vdcagent /path/to/config.json``."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path

from .service import ConfigError, configure, serve

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
if len(sys.argv) != 2:
    sys.exit("usage: python -m vdcagent CONFIG.json")
try:
    agent, port = configure(Path(sys.argv[1]))
except ConfigError as error:
    sys.exit(str(error))
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: agent.stop())
server = serve(agent, port)
agent.run()
server.shutdown()
