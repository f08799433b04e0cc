"""Hashes that tie entries together, so that an altered, missing or inserted one shows."""

import hashlib
import json
from collections.abc import Mapping


def link(previous: str, entry: Mapping) -> str:
    """SHA-256 as 64 hex digits over the hash before and the entry's fields in canonical JSON (sorted keys, UTF-8)."""
    body = json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()
