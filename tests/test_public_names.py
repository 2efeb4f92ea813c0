"""docs/api.md lists what can be imported, is documented, and is annotated."""

import importlib
import inspect
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
OPERATORS = ("__init__", "__call__", "__len__", "__getitem__")


def listed(page):
    """Pairs of the modules and names in a page's tables."""
    pairs, module = [], None
    for line in page.splitlines():
        if line.startswith("#"):
            heading = re.fullmatch(r"### `([\w.]+)`", line)
            module = heading[1] if heading else None
        elif row := re.match(r"\| `(\w+)` \| .", line):
            pairs.append((module, row[1]))
    return pairs


PUBLIC = listed((ROOT / "docs" / "api.md").read_text())


def functions_of(public):
    """What can be called of a public name, by name: itself, or a class's methods."""
    if inspect.isfunction(public):
        return {public.__name__: public}
    found = {}
    for base in inspect.getmro(public):
        if not belongs_to_project(base):
            continue
        for name, member in vars(base).items():
            member = getattr(member, "__func__", getattr(member, "fget", member))
            shown = not name.startswith("_") or name in OPERATORS
            if shown and belongs_to_project(member) and inspect.isfunction(member):
                found.setdefault(f"{base.__name__}.{name}", member)
    return found


def belongs_to_project(part):
    """Whether a class or function is defined in a file of the project."""
    name = getattr(part, "__module__", None) or ""
    return (ROOT / f"{name.replace('.', '/')}.py").is_file()


def missing_annotations(name, function):
    """What of a function's signature has no annotation."""
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    bound = parameters[0].name in ("self", "cls") if parameters else False
    bare = [part for part in parameters[bound:] if part.annotation is part.empty]
    missing = [f"{name}({part.name})" for part in bare]
    if signature.return_annotation is signature.empty:
        missing.append(f"{name} -> ?")
    return missing


def test_page_lists_names_once_and_under_a_module():
    assert len(PUBLIC) > 100
    assert all(module for module, _ in PUBLIC)
    assert len(set(PUBLIC)) == len(PUBLIC)


def test_page_lists_what_the_readme_imports():
    readme = (ROOT / "README.md").read_text()
    shown = re.findall(r"^from ([\w.]+) import (\w+)$", readme, re.MULTILINE)
    assert shown
    assert set(shown) <= set(PUBLIC)


@pytest.mark.parametrize("module, name", PUBLIC, ids=".".join)
def test_public_name(module, name):
    public = getattr(importlib.import_module(module), name)
    if isinstance(public, dict):  # of names to choose from
        assert all(isinstance(key, str) for key in public)
        return
    assert public.__doc__ and public.__doc__.strip()
    missing = []
    for name, function in functions_of(public).items():
        missing += missing_annotations(name, function)
    assert not missing


def test_a_parameter_without_annotation_is_found():
    class Own:
        def method(self, known: int, unknown=None):
            """Nothing."""

    assert missing_annotations("method", Own.method) == [
        "method(unknown)",
        "method -> ?",
    ]
