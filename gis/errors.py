"""Every mistake a caller can mend, drawn once.

TantuError                     anything Tantu refuses, with a stable `code`
├── SetupError                 this machine or its settings are not ready
│   ├── ExtensionMissingError      the database lacks its spatial extension
│   ├── RevisionError              the database is at another migration
│   └── KeyMissingError            the key of the personal columns is missing or wrong
├── InputError                 a file, a row or an option cannot be read as meant
│   ├── FileFormatError            the ending or the content is of no known format
│   ├── FileTooLargeError          a limit on size, rows, columns, depth or vertices is passed
│   ├── EncodingError              the text is in no encoding that can be told
│   ├── DatumError                 the datum is not declared, or not one of the four
│   ├── CrsError                   a layer is in the wrong coordinate system
│   ├── MappingError               the column mapping does not fit the file
│   ├── SchemaError                a layer lacks a column or holds a wrong type
│   ├── CodeError                  a code is not in its code list
│   ├── ChecksumError              bytes arrived that are not those announced
│   └── StandardError              a rule file is not well formed
├── NotFoundError              nothing has that name or id
├── ConflictError              what is asked for contradicts what is stored
├── LoginRequiredError         nobody is signed in, or no longer
├── ForbiddenError             whoever is signed in may not do this
├── ThrottledError             asked too often; says for how long to wait


│   ├── VersionError               what the caller saw was changed since
│   └── BusyError                  another request is at work on the same thing
└── DomainError                the question has no answer under the rules
    ├── EmptyLayerError            there is nothing to compute from
    ├── InfeasibleError            no plan meets all the limits
    └── NoRouteError               the places are not connected

A class writes its own message: what, where, which value, how to mend it. Only
`api/errors.py` knows which class is which HTTP status.
"""

from collections.abc import Iterable


class TantuError(Exception):
    """Anything Tantu refuses; `code` is stable across languages and versions."""

    code = "error"


class SetupError(TantuError):
    """The machine or its settings are not ready."""

    code = "setup"


class ExtensionMissingError(SetupError):
    """The database lacks its spatial extension."""

    code = "extension-missing"

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what} is missing on this machine; install it with: {mend}")


class RevisionError(SetupError):
    """The database is at another migration than this version expects."""

    code = "revision"

    def __init__(self, found: str | None, wanted: str) -> None:
        at = found or "no revision at all"
        super().__init__(f"The database is at {at}, this version needs {wanted}; run: tantu init")


class KeyMissingError(SetupError):
    """The key of the personal columns is missing, malformed or not the right one."""

    code = "key-missing"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}; set TANTU_KEY or TANTU_KEY_FILE to the key this database was made with.")


class InputError(TantuError):
    """A file, a row or an option cannot be read as it was meant."""

    code = "input"


class FileFormatError(InputError):
    """The ending or the content is of no known format."""

    code = "file-format"

    def __init__(self, name: str, why: str, mend: str = "") -> None:
        super().__init__(f"{name}: {why}" + (f"; {mend}" if mend else ""))


class FileTooLargeError(InputError):
    """A limit on size, rows, columns, depth or vertices is passed."""

    code = "file-too-large"

    def __init__(self, name: str, what: str, found: int, limit: int) -> None:
        super().__init__(
            f"{name}: {what} is {found:,}, the limit is {limit:,}; split the file and import the parts."
        )


class EncodingError(InputError):
    """The text is in no encoding that can be told without guessing."""

    code = "encoding"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}; name the encoding, for instance --encoding gb18030.")


class DatumError(InputError):
    """The datum is not declared, or is not one of the four."""

    code = "datum"

    def __init__(self, name: str, found: str | None = None) -> None:
        what = f"datum '{found}' is not known" if found else "the file does not say its datum"
        super().__init__(
            f"{name}: {what}; declare it: --datum wgs84 (phone GPS, OpenStreetMap), cgcs2000"
            " (survey, Tianditu), gcj02 (AMap, Tencent) or bd09 (Baidu)."
        )


class CrsError(InputError):
    """A layer is in the wrong coordinate system."""

    code = "crs"


class MappingError(InputError):
    """The column mapping does not fit the file."""

    code = "mapping"


class SchemaError(InputError):
    """A layer lacks a column, or a column holds a wrong type."""

    code = "schema"

    def __init__(self, layer: str, why: str) -> None:
        super().__init__(f"layer {layer}: {why}")


class CodeError(InputError):
    """A code is not in its code list."""

    code = "code"

    def __init__(self, codelist: str, found: str, known: Iterable[str]) -> None:
        super().__init__(f"'{found}' is not in the list {codelist}; it holds: {', '.join(known)}")


class ChecksumError(InputError):
    """Bytes arrived that are not those that were announced."""

    code = "checksum"

    def __init__(self, name: str, announced: str, found: str) -> None:
        super().__init__(f"{name}: SHA-256 {announced} was announced, {found} arrived; send the bytes again.")


class StandardError(InputError):
    """A rule file is not well formed."""

    code = "standard"

    def __init__(self, file: str, where: str, why: str) -> None:
        super().__init__(f"{file}, {where}: {why}")


class NotFoundError(TantuError):
    """Nothing has that name or id."""

    code = "not-found"

    def __init__(self, what: str, name: str, mend: str = "") -> None:
        super().__init__(f"There is no {what} '{name}'" + (f"; {mend}" if mend else ""))


class ConflictError(TantuError):
    """What is asked for contradicts what is stored."""

    code = "conflict"


class LoginRequiredError(TantuError):
    """Nobody is signed in, or the session or token is over; never says which, nor whether a user exists."""

    code = "login-required"


class ForbiddenError(TantuError):
    """Whoever is signed in may not do this."""

    code = "forbidden"


class ThrottledError(TantuError):
    """Asked too often; `wait_s` says for how many seconds to wait."""

    code = "throttled"

    def __init__(self, wait_s: int) -> None:
        self.wait_s = max(1, wait_s)
        super().__init__(f"Too many attempts; try again in {self.wait_s} seconds.")


class VersionError(ConflictError):
    """What the caller saw of it was changed since by somebody else."""

    code = "version"

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"The {what} '{name}' was changed since you read it; read it again, then decide.")


class BusyError(ConflictError):
    """Another request is at work on the same thing."""

    code = "busy"

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"The {what} '{name}' is being processed by another request; try again in a moment.")


class DomainError(TantuError):
    """The question has no answer under the rules."""

    code = "domain"


class EmptyLayerError(DomainError):
    """There is nothing to compute from."""

    code = "empty-layer"

    def __init__(self, layer: str) -> None:
        super().__init__(f"The layer {layer} is empty; import it first: tantu import {layer} FILE")


class InfeasibleError(DomainError):
    """No plan meets all the limits at once; `conflict` names a smallest set of them that contradict."""

    code = "infeasible"

    def __init__(self, conflict: Iterable[str], relaxations: Iterable[str]) -> None:
        self.conflict = tuple(conflict)
        self.relaxations = tuple(relaxations)
        mend = f"; cheapest ways out: {' | '.join(self.relaxations)}" if self.relaxations else ""
        super().__init__(f"No plan meets these limits together: {'; '.join(self.conflict)}{mend}")


class NoRouteError(DomainError):
    """The places are not connected by the network."""

    code = "no-route"
