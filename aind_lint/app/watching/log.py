"""The log of the watcher, which a person reads."""

from __future__ import annotations

import logging

log = logging.getLogger("aind_lint.watch")
