"""The rules of the architecture that a machine can check, each a function from sources to complaints.

They take `{path: text}` so that `test_architecture.py` can show each to hold for the project and to
complain about a few lines that break it.
"""

import ast
import re
from collections.abc import Iterator

Sources = dict[str, str]

PACKAGES = ("gis", "audits", "planner", "maps", "api", "data")

# Modules that may have effects; every other module outside `api` and `data/demo` is pure.
EFFECT_MODULES = {
    "gis/db.py", "gis/files.py", "gis/readers.py", "gis/vectors.py", "gis/osm.py", "gis/imports.py", "gis/catalogue.py", "gis/frames.py", "gis/spatial.py",
    "gis/network_cache.py", "gis/geopackage.py",
    "audits/standards.py", "audits/photos.py", "audits/media.py", "audits/evidence.py", "audits/photo_store.py", "audits/register.py", "planner/ledgers.py", "planner/notices.py", "planner/indicator_sheets.py", "maps/render.py", "maps/assets.py",
}  # fmt: skip
EFFECT_NAMES = {"tables.py", "store.py", "service.py", "case_tables.py", "case_store.py", "casework.py"}
EFFECT_NAMES |= {
    "case_opening.py",
    "case_recheck.py",
    "case_integrity.py",
    "event_store.py",
    "trail_tables.py",
    "trail_store.py",
}
EFFECT_NAMES |= {
    "works_tables.py",
    "works_store.py",
    "works_service.py",
    "register_tables.py",
    "register_store.py",
    "register_service.py",
    "paper_service.py",
    "indicator_service.py",
}

# What a pure module never imports: files, network, processes, databases, clocks, settings.
IMPURE_IMPORTS = {
    "os", "pathlib", "io", "shutil", "tempfile", "subprocess", "socket", "urllib", "http", "sqlite3", "pysqlite3",
    "sqlalchemy", "geoalchemy2", "psycopg", "alembic", "time", "random", "logging", "pyogrio", "pyarrow", "osmium",
    "openpyxl", "xlsxwriter", "python_calamine", "secrets", "requests", "httpx", "httpx2",
}  # fmt: skip
IMPURE_CALLS = re.compile(r"^(open|print|input|(datetime\.|dt\.)*(datetime|date)\.(now|today|utcnow))$")

SQL_MODULES = {"gis/db.py", "gis/frames.py", "gis/spatial.py", "audits/photo_store.py"}
SQL_NAMES = {
    "tables.py",
    "store.py",
    "case_tables.py",
    "case_store.py",
    "event_store.py",
    "trail_tables.py",
    "trail_store.py",
    "works_tables.py",
    "works_store.py",
    "register_tables.py",
    "register_store.py",
}

BANNED_NAMES = re.compile(r"^(gdf|df|utils?|helpers?|manager)$")
BANNED_FILES = re.compile(r"(^|/)(utils?|helpers?|manager|base|common|misc)\.py$")
MARKS = re.compile("|".join(["TO" + "DO", "FIX" + "ME", r"\bXX" + r"X\b", "raise NotImplemented" + "Error"]))

MODULE_LINES = 300
FUNCTION_LINES = 40
POSITIONAL = 5
LONG_REASON = re.compile(r"#\s*(long|Long) because ")


def is_pure(path: str) -> bool:
    """Tell whether the rules of pure modules apply to a source file."""
    package, _, rest = path.partition("/")
    if package not in {"gis", "audits", "planner", "maps"}:
        return False
    name = path.rsplit("/", 1)[-1]
    return path not in EFFECT_MODULES and name not in EFFECT_NAMES and not rest.startswith("exchange/")


def impure_modules(sources: Sources) -> list[str]:
    """Complain of a pure module that imports or calls an effect."""
    return [
        f"{path}:{line} {what}"
        for path, tree in parsed(sources)
        if is_pure(path)
        for line, what in (*_imports(tree), *_calls(tree))
        if what.split(".")[0] in IMPURE_IMPORTS or IMPURE_CALLS.match(what)
    ]


def stray_sql(sources: Sources) -> list[str]:
    """Complain of SQL outside the stores: a service may name the Session it is given, no more."""
    complaints = []
    for path, tree in parsed(sources):
        name = path.rsplit("/", 1)[-1]
        if path.startswith("api/") or path in SQL_MODULES or name in SQL_NAMES:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
                names = {alias.name for alias in node.names}
                if not names <= {"Session", "Engine"}:
                    complaints.append(f"{path}:{node.lineno} imports {sorted(names)} of {node.module}")
            elif isinstance(node, ast.Import) and any(a.name.startswith("sqlalchemy") for a in node.names):
                complaints.append(f"{path}:{node.lineno} imports sqlalchemy")
    return complaints


def stray_commits(sources: Sources) -> list[str]:
    """Complain of a commit or rollback anywhere but in `gis.db`."""
    return [
        f"{path}:{node.lineno} {node.func.attr}()"
        for path, tree in parsed(sources)
        if path != "gis/db.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "rollback"}
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "imports")
    ]


def stray_environment(sources: Sources) -> list[str]:
    """Complain of reading the environment anywhere but in `api/settings.py`."""
    found = re.compile(r"\b(os\.environ|os\.getenv|environ\[|getenv\()")
    return [
        f"{path}:{number} {line.strip()}"
        for path, text in sources.items()
        if path != "api/settings.py"
        for number, line in enumerate(text.splitlines(), 1)
        if found.search(line)
    ]


def stray_folium(sources: Sources) -> list[str]:
    """Complain of Folium or branca imported anywhere but in `maps/render.py`."""
    return [
        f"{path}:{line} {what}"
        for path, tree in parsed(sources)
        if path != "maps/render.py"
        for line, what in _imports(tree)
        if what.split(".")[0] in {"folium", "branca"}
    ]


def bad_names(sources: Sources) -> list[str]:
    """Complain of a name that says nothing: gdf, df, utils, helper, manager; or a file base or common."""
    complaints = [path for path in sources if BANNED_FILES.search(path)]
    for path, tree in parsed(sources):
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and BANNED_NAMES.match(node.id):
                complaints.append(f"{path}:{node.lineno} {node.id}")
            elif isinstance(node, ast.arg) and BANNED_NAMES.match(node.arg):
                complaints.append(f"{path}:{node.lineno} {node.arg}")
    return complaints


def too_long(sources: Sources) -> list[str]:
    """Complain of long modules and functions without `# long because …`, and of many parameters."""
    complaints = []
    for path, tree in parsed(sources):
        lines = sources[path].splitlines()
        if len(lines) > MODULE_LINES and not any(LONG_REASON.search(line) for line in lines):
            complaints.append(f"{path}: {len(lines)} lines")
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            doc = ast.get_docstring(node, clean=False)
            span = (node.end_lineno or 0) - node.lineno + 1 - (doc.count("\n") + 1 if doc else 0)
            if span > FUNCTION_LINES and not LONG_REASON.search(
                lines[node.lineno - 2] + lines[node.lineno - 1]
            ):
                complaints.append(f"{path}:{node.lineno} {node.name}: {span} lines")
            positional = [
                a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in {"self", "cls"}
            ]
            if len(positional) > POSITIONAL and not path.startswith("api/commands/") and not _compiled(node):
                complaints.append(f"{path}:{node.lineno} {node.name}: {len(positional)} parameters")
    return complaints


def undocumented(sources: Sources) -> list[str]:
    """Complain of a module without docstring, and of a public function that hides what it raises."""
    complaints = []
    for path, tree in parsed(sources):
        if not ast.get_docstring(tree):
            complaints.append(f"{path}: no docstring")
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            raised = {
                name
                for inner in ast.walk(node)
                if isinstance(inner, ast.Raise) and inner.exc is not None
                for name in [_error_name(inner.exc)]
                if name.endswith("Error")
            }
            doc = ast.get_docstring(node) or ""
            missing = sorted(name for name in raised if name not in doc)
            if missing:
                complaints.append(f"{path}:{node.lineno} {node.name} raises {', '.join(missing)} unsaid")
    return complaints


def marks(sources: Sources) -> list[str]:
    """Complain of work left undone and of silenced checks without a code."""
    loose = re.compile(r"#\s*(noqa|type:\s*ignore)\s*$")
    return [
        f"{path}:{number} {line.strip()}"
        for path, text in sources.items()
        for number, line in enumerate(text.splitlines(), 1)
        if MARKS.search(line) or loose.search(line)
    ]


def empty_tests(sources: Sources) -> list[str]:
    """Complain of a test that asserts nothing."""
    checks = re.compile(r"assert|expect|check|raises|fail", re.IGNORECASE)
    complaints = []
    for path, tree in parsed(sources):
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            if not any(
                isinstance(inner, ast.Assert)
                or (isinstance(inner, ast.Call) and checks.search(ast.unparse(inner.func)))
                for inner in ast.walk(node)
            ):
                complaints.append(f"{path}:{node.lineno} {node.name}")
    return complaints


def parsed(sources: Sources) -> Iterator[tuple[str, ast.Module]]:
    """Yield every Python source with its syntax tree."""
    for path, text in sources.items():
        if path.endswith(".py"):
            yield path, ast.parse(text)


def _compiled(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    # A compiled kernel takes its arrays one by one: it knows no dataclasses.
    return any("jit" in ast.unparse(decorator) for decorator in node.decorator_list)


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""


def _calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def _error_name(raised: ast.expr) -> str:
    target = raised.func if isinstance(raised, ast.Call) else raised
    return ast.unparse(target).rsplit(".", 1)[-1]
