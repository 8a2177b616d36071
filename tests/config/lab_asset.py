"""An asset of another laboratory, with a prefix, a modality and words of its own."""

from __future__ import annotations

import json
from pathlib import Path

from aind_lint.examples.bases import base_tree

NAME = "labscope_123456_2022-12-12_05-06-07"
VOCABULARY = """
[vocabulary]
prefixes = ["labscope"]
modalities = ["labscope"]
labels = ["denoised"]
buckets = ["s3://our-lab-data"]
"""


def write_lab_asset(parent: Path) -> Path:
    """A raw asset of metadata 1.x, valid except for the laboratory's own words."""
    tree = base_tree("raw-1x")
    description = json.loads(tree.files["data_description.json"])
    description["name"] = NAME
    tree.files["data_description.json"] = json.dumps(description, indent=2).encode()
    tree.files["labscope/frames.bin"] = b"data"
    tree.name = NAME
    return tree.write(parent)
