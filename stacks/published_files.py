"""Files that the CDK CLI publishes under keys of our own: tarballs, and the files of uncompressed models."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def with_files(assets: dict[str, Any], files: Mapping[str, Path]) -> dict[str, Any]:
    """Have the CDK CLI publish files, each under a key of its own, beside a stack's other assets.

    The CDK itself names an object by a hash, in one flat folder, and at synth looks at the file. Where and as whom
    a stack publishes, its template says, which is an asset of every stack.

    Parameters
    ----------
    assets
        A stack's asset manifest (AWS CDK, cloud-assembly-schema, AssetManifest).
    files
        Where each file lies, by the key that it gets. Synth neither reads nor copies them.
    """
    template = next(file for file in assets["files"].values() if file["source"]["path"].endswith(".template.json"))
    for key, path in files.items():
        assets["files"][hashlib.sha256(key.encode()).hexdigest()] = {
            "displayName": key,
            "source": {"path": str(path), "packaging": "file"},
            "destinations": {
                name: {**destination, "objectKey": key} for name, destination in template["destinations"].items()
            },
        }
    return assets
