"""Which entries the words of a command line mean."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from apimap.catalog import default_catalog
from apimap.errors import UnknownApi
from apimap.mapping_files import mapping_folder
from apimap.nearest import nearest_hint
from apimap.schema import Entry, LoadedEntry


def is_path(word: str) -> bool:
    """Whether a word of the command line is a mapping file or a folder of them."""
    return word.endswith((".yaml", ".yml")) or "/" in word or "\\" in word


def own_files(words: Sequence[str]) -> tuple[str, ...]:
    """The paths among the words that are not apimap's own mapping files."""
    own = mapping_folder().resolve()
    paths = (str(Path(word).resolve()) for word in words if is_path(word))
    return tuple(dict.fromkeys(path for path in paths if not Path(path).is_relative_to(own)))


def select(words: Sequence[str]) -> list[Entry]:
    """The entries that any of the words means, in the catalog's order; all where there is none.

    A word is an API's name of either side, with or without its package (an entry of a flavor goes
    by the full name of MindSpore's), a pattern such as ``*Conv*``, a family (``norm`` for
    mappings/nn/norm.yaml and norm_layer.yaml), or the path of a mapping file or folder, which must
    be loaded.

    Raises ``UnknownApi`` for a word that means nothing.

    >>> [entry.torch for entry in select(["ConvTranspose1d", "linear"])]
    ['torch.nn.ConvTranspose1d', 'torch.nn.Linear']
    """
    loaded = default_catalog().loaded
    meant = {word: [item for item in loaded if _means(word, item)] for word in words}
    for word, items in meant.items():
        if not items:
            raise UnknownApi(f"no entry matches {word}", hint=_hint(word, loaded))
    chosen = {item.entry.name for items in meant.values() for item in items}
    return [item.entry for item in loaded if not words or item.entry.name in chosen]


def _means(word: str, item: LoadedEntry) -> bool:
    if is_path(word):
        file, path = Path(item.file).resolve(), Path(word).resolve()
        return file == path or path in file.parents
    entry, family = item.entry, Path(item.file).stem
    if family == word or family.startswith(f"{word}_"):
        return True
    if entry.flavor:
        return fnmatchcase(entry.mindspore, word)
    names = [name for name in (entry.torch, entry.mindspore) if name]
    short = (name.rpartition(".")[2] for name in names)
    return any(fnmatchcase(name, word) for name in (*names, *short))


def _hint(word: str, loaded: Sequence[LoadedEntry]) -> str:
    entries = [item.entry for item in loaded]
    names = [name for entry in entries for name in (entry.torch, entry.mindspore) if name]
    short = [name.rpartition(".")[2] for name in names]
    families = {Path(item.file).stem for item in loaded}
    return nearest_hint(word, [*names, *short, *families]) or "see `apimap list`"
