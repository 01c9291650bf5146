"""Puts the installed npm files that pages need into a wheel, under `maps/static/vendor`.

Only into a real wheel: an editable install finds them in `node_modules`, and must not wait for npm.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NpmFiles(BuildHookInterface[Any]):
    """Adds each file of the setting `npm` to the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files of a standard build.

        Raises
        ------
        FileNotFoundError
            A package is not installed; `npm ci` installs it.
        """
        if version != "standard":
            return
        for name in self.config["npm"]:
            found = Path(self.root, "node_modules", name)
            if not found.is_file():
                raise FileNotFoundError(f"{found} is missing; install the npm packages with: npm ci")
            build_data["force_include"][str(found)] = f"maps/static/vendor/{name}"
