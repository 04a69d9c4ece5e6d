"""Where mapping files lie."""

from __future__ import annotations

from pathlib import Path

SHARED = "_shared.yaml"


def mapping_folder() -> Path:
    """The mapping files that come with apimap: inside the wheel, or beside the package."""
    inside = Path(__file__).with_name("mappings")
    return inside if inside.is_dir() else Path(__file__).parent.parent / "mappings"


def mapping_files(folder: Path) -> list[Path]:
    """All mapping files below a folder, in a fixed order."""
    return sorted(path for path in folder.rglob("*.yaml") if path.name != SHARED)
