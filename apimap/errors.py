"""Every error that apimap raises on purpose: what failed, where, why, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional


class ApimapError(Exception):
    """Base of all errors of apimap.

    ``message`` says what failed and why, ``where`` names the API, layer or file, ``hint`` says
    what to do next. All three are part of ``str(error)``.
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message, where, hint)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  hint: {self.hint}" if self.hint else head


@dataclass(frozen=True)
class Problem:
    """One finding in a mapping file, with the mend."""

    file: str
    line: int
    message: str
    mend: str = ""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}: {self.message}"
        return f"{text}\n    mend: {self.mend}" if self.mend else text


class MappingFileError(ApimapError):
    """A mapping file does not say what it must; ``problems`` lists all of them at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = f"{len(self.problems)} problem{'s' if len(self.problems) != 1 else ''}"
        lines = "\n".join(str(problem) for problem in self.problems)
        super().__init__(f"{count} in mapping files\n{lines}")


class UnknownApi(ApimapError, LookupError):
    """No entry has this API; the hint lists the closest names."""


class InvalidCall(ApimapError, TypeError):
    """The arguments do not fit the API's own signature, or are no literals."""


class Unsupported(ApimapError):
    """No exact translation exists; ``because`` is the measured reason.

    ``needs_composition`` is set where ``native_only=True`` forbade an exact composed layer;
    ``final`` says that a composed layer could not do it either.
    """

    def __init__(
        self,
        because: str,
        *,
        where: str = "",
        hint: str = "",
        needs_composition: Optional[str] = None,
        final: bool = False,
    ) -> None:
        super().__init__(because, where=where, hint=hint)
        self.because = because
        self.needs_composition = needs_composition
        self.final = final


class ParityError(ApimapError, AssertionError):
    """Two sides that should agree do not."""


class BackendUnavailable(ApimapError, RuntimeError):
    """A framework or device is not there; the message holds the framework's own words."""
