"""Parse one inventory file with Ansible in this process, and say how long that took.

Loading the plugin counts, starting Python and importing Ansible does not: every run pays those.
"""

from __future__ import annotations

import json
import sys
import time

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader

init_plugin_loader()
started = time.perf_counter()
inventory = InventoryManager(DataLoader(), sources=[sys.argv[1]])
print(json.dumps({"seconds": time.perf_counter() - started, "hosts": len(inventory.hosts)}))
