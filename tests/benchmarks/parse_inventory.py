"""Parse one inventory file with Ansible in this process, and print the time.

The loading of the plugin counts; the start of Python and the import of Ansible do not, because every run has them.
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
