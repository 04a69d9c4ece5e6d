"""Where the figures of apimap were made, so that every report can say so."""

from __future__ import annotations

from typing import Any, Optional

from apimap.signatures import FILES, snapshot

DEVICE = "CPU"
NOT_RUN = ("GPU", "Ascend")


def installed(package: str) -> Optional[str]:
    """The version of a package here, found without importing it; None where it is absent."""
    from importlib import metadata  # takes 12 ms, which `apimap explain` need not spend

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def evidence() -> dict[str, Any]:
    """The versions that the entries were measured with, and the device."""
    versions = {side: str(snapshot(side)["version"]) for side in FILES}
    return {**versions, "device": DEVICE, "not_run": list(NOT_RUN)}


def sentence() -> str:
    """The same as a person reads it."""
    made = evidence()
    return (
        f"Measured with PyTorch {made['torch']} and MindSpore {made['mindspore']} on {DEVICE}. "
        f"{' and '.join(NOT_RUN)} have not been run."
    )
