"""Find an entry by either API name; the user's own entries override apimap's, loudly."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Optional, Union

from apimap.cache import load_cached
from apimap.errors import ApimapError, UnknownApi
from apimap.mapping_files import SHARED, mapping_files, mapping_folder
from apimap.nearest import nearest_hint
from apimap.schema import SIDES, Entry, Flavor, LoadedEntry, Side
from apimap.signatures import known_apis, side_of


class Catalog:
    """Entries by the names of both sides.

    >>> default_catalog().find("torch.nn.Linear").mindspore
    'mindspore.nn.Dense'
    """

    def __init__(self, loaded: Sequence[LoadedEntry] = ()) -> None:
        self._loaded: dict[str, LoadedEntry] = {}
        self._by_name: dict[str, Entry] = {}
        self._flavored: dict[tuple[str, str], Entry] = {}
        self.add(loaded)

    @property
    def entries(self) -> list[Entry]:
        """All entries, in the order of the files."""
        return [item.entry for item in self._loaded.values()]

    @property
    def loaded(self) -> list[LoadedEntry]:
        """The same with the places that they were read from."""
        return list(self._loaded.values())

    def add(self, loaded: Sequence[LoadedEntry]) -> None:
        """Add entries; one whose name is there already replaces it, with a warning."""
        for item in loaded:
            old = self._loaded.pop(item.entry.name, None)
            if old is not None:
                self._by_name = {n: e for n, e in self._by_name.items() if e is not old.entry}
                text = f"{item.file}:{item.line} overrides the entry of {item.entry.name}"
                warnings.warn(f"{text} from {old.file}:{old.line}", stacklevel=3)
            self._loaded[item.entry.name] = item
            self._name(item.entry)
            for side in SIDES:
                composition = item.entry.composition(side)
                if composition:
                    self._by_name.setdefault(composition, item.entry)

    def _name(self, entry: Entry) -> None:
        sides = set(entry.sides)
        if entry.flavor:
            self._flavored[entry.flavor, entry.torch] = entry
            sides.discard("torch")
        for name in (*(entry.api(side) for side in SIDES if side in sides), *entry.aliases):
            self._by_name.setdefault(name, entry)

    @contextmanager
    def instead(self, entry: Entry, stand_in: Entry) -> Iterator[None]:
        """Finds ``stand_in`` where it found ``entry``, for as long as the context lasts."""
        before = dict(self._by_name), dict(self._flavored)
        self._by_name = {n: stand_in if e is entry else e for n, e in before[0].items()}
        self._flavored = {n: stand_in if e is entry else e for n, e in before[1].items()}
        try:
            yield
        finally:
            self._by_name, self._flavored = before

    def get(self, api: str, flavor: Optional[Flavor] = None) -> Optional[Entry]:
        """The entry of this API or composed layer, None where there is none.

        With a flavor it is that flavor's where there is one.
        """
        flavored = self._flavored.get((flavor, api)) if flavor else None
        return flavored or self._by_name.get(api)

    def between(self, torch: str, mindspore: str) -> Optional[Entry]:
        """The entry that maps these two APIs to each other, None where none does."""
        for entry in (self.get(torch), self.get(mindspore)):
            if entry and entry.torch == torch and mindspore in (entry.mindspore, *entry.aliases):
                return entry
        return None

    def find(self, api: str, flavor: Optional[Flavor] = None) -> Entry:
        """The entry of this API.

        Raises ``UnknownApi`` with the nearest names.
        """
        entry = self.get(api, flavor)
        if entry is not None:
            return entry
        if api in known_apis(side_of(api)):
            raise UnknownApi(f"{api} has no entry yet", hint="see `apimap list`")
        names = [name for name in self._by_name if not name.startswith("apimap.")]
        hint = nearest_hint(api, names) or "see `apimap list`"
        raise UnknownApi(f"{api} is unknown", hint=hint)

    def side(self, api: str) -> Side:
        """Which framework an API or composed layer belongs to."""
        entry = self.find(api)
        torch_names = (entry.torch, entry.composition("torch"))
        return "torch" if api in torch_names else "mindspore"


@lru_cache(maxsize=1)
def default_catalog() -> Catalog:
    """The entries that come with apimap, plus what ``load_mappings`` added."""
    folder = mapping_folder()
    return Catalog(load_cached(mapping_files(folder), folder / SHARED))


def load_mappings(path: Union[str, Path]) -> list[Entry]:
    """Add a user's own mapping file, or a folder of them, to the catalog.

    Rules that the files name must be registered first (``apimap.rule``). An entry of an API that
    apimap maps already replaces it, with a warning. Nothing is added where anything is wrong.

    Raises ``MappingFileError`` with every problem, ``ApimapError`` where there is no such path.

    >>> load_mappings("/nowhere.yaml")
    Traceback (most recent call last):
    apimap.errors.ApimapError: no mapping file or folder: /nowhere.yaml
    """
    from apimap.lint import check_entries
    from apimap.loader import load_files

    path = Path(path)
    if not path.exists():
        raise ApimapError(f"no mapping file or folder: {path}")
    files = mapping_files(path) if path.is_dir() else [path]
    own_shared = (path if path.is_dir() else path.parent) / SHARED
    shared = own_shared if own_shared.exists() else mapping_folder() / SHARED
    loaded = load_files(files, shared)
    check_entries(loaded)
    default_catalog().add(loaded)
    return [item.entry for item in loaded]
