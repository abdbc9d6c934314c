"""Signed bundles made from the program's own files, with one sentence changed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from services.policies import bundles
from services.policies.bundles import Bundle, read_bundle, sign_folder
from services.policies.signing import new_key

KEY, PUBLIC = new_key()
MOST = 16 * 2**20


def unpacked(folder: Path) -> Path:
    """The program's own files, to be changed."""
    bundles.unpack(folder)
    return folder


def edit(folder: Path, policy_id: str, **parts: Any) -> None:
    """Rewrite parts of an entry; a sentence keeps its facts. None takes a part away."""
    for path in sorted((folder / "policies").rglob("*.yaml")):
        content = yaml.safe_load(path.read_text("utf-8"))
        for entry in content["entries"]:
            if entry["id"] != policy_id:
                continue
            for name, value in parts.items():
                old = str(entry.get(name, ""))
                facts = old[old.index("[[") :] if "[[" in old else ""
                entry[name] = f"{value}{facts}" if facts else value
                if value is None:
                    del entry[name]
            text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
            path.write_text(text, "utf-8")
            return
    raise LookupError(policy_id)


def signed(folder: Path, version: str, now: datetime) -> Bundle:
    """What `policies sign` and `policies update` make of a folder."""
    archive = sign_folder(folder, KEY, version, now)
    return read_bundle(archive, [PUBLIC], MOST)


def changed(folder: Path, version: str, now: datetime, policy_id: str, **parts: Any) -> Bundle:
    """A signed bundle in which one entry of the program's own says something else."""
    edit(unpacked(folder), policy_id, **parts)
    return signed(folder, version, now)
