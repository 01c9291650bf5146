"""The command line on a fresh database, for faults as for the commands themselves."""

from tests.api.conftest import ready, tantu  # noqa: F401 - fixtures of the doors
