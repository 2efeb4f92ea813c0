"""docs/api.md and the README: names that are there, documented and annotated."""

import importlib
import inspect
import pathlib
import re

import keras
import numpy as np
import pytest

from infomax.callbacks.merge_clusters import MergeClusters
from infomax.cli.clustering_options import Options
from infomax.cli.training import make_deterministic
from infomax.datasets import Dataset
from infomax.settings import replaced
from unsupervised_clustering import prepare

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
OPERATORS = ("__init__", "__call__", "__len__", "__getitem__")
PUBLIC = re.findall(
    r"^\| `(\w+)` \| `([\w.]+)` \| .", (ROOT / "docs/api.md").read_text(), re.MULTILINE
)


def functions_of(public):
    """Return a public function, or the public methods of a class, by name."""
    if inspect.isfunction(public):
        return {public.__name__: public}
    found = {}
    for name, member in inspect.getmembers_static(public):
        member = getattr(member, "__func__", getattr(member, "fget", member))
        shown = not name.startswith("_") or name in OPERATORS
        if shown and belongs_to_project(member) and inspect.isfunction(member):
            found[f"{public.__name__}.{name}"] = member
    return found


def belongs_to_project(part):
    name = getattr(part, "__module__", None) or ""
    return (ROOT / f"{name.replace('.', '/')}.py").is_file()


def missing_annotations(name, function):
    signature = inspect.signature(function)
    missing = [
        f"{name}({part.name})"
        for part in signature.parameters.values()
        if part.annotation is part.empty and part.name not in ("self", "cls")
    ]
    if signature.return_annotation is signature.empty:
        missing.append(f"{name} -> ?")
    return missing


def imported(module, name):
    return getattr(importlib.import_module(module), name)


def test_page_lists_at_most_30_names_once():
    assert 20 < len(PUBLIC) <= 30
    assert len(set(PUBLIC)) == len(PUBLIC)


def test_page_lists_what_the_readme_imports():
    shown = re.findall(r"^from ([\w.]+) import (\w+)$", README, re.MULTILINE)
    assert shown and {(name, module) for module, name in shown} <= set(PUBLIC)


@pytest.mark.filterwarnings("ignore:training looks")
def test_code_in_the_readme_trains_to_the_weights_of_the_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    for own, smaller in (
        ("x_train", "x_train[:512]"),
        ("epochs = 12", "epochs = 3"),
        ("width=0.5", "width=0.05"),
    ):
        assert code.count(own) == 1
        code = code.replace(own, smaller)
    make_deterministic(0)
    readme: dict = {}
    exec(code, readme)
    assert (tmp_path / "model.keras").exists() and len(readme["clusters"]) == 512
    images = readme["images"]
    options = replaced(Options(), {"epochs": 3, "width": 0.05, "epoch_steps": 0})
    iic, pairs = prepare(options, Dataset("mnist", images, None, images, None))
    iic.fit(pairs, 3, [MergeClusters(options.merge_epoch)], verbose=0)
    found = readme["iic"].network.get_weights()
    np.testing.assert_equal(found, iic.network.get_weights())


@pytest.mark.parametrize("name, module", PUBLIC, ids=str)
def test_public_name_is_documented_and_annotated(name, module):
    public = imported(module, name)
    if isinstance(public, dict):  # of names to choose from
        assert all(isinstance(key, str) for key in public)
        return
    assert public.__doc__ and public.__doc__.strip()
    # A Keras model overrides methods that Keras itself does not annotate.
    if not (inspect.isclass(public) and issubclass(public, keras.Model)):
        functions = functions_of(public).items()
        assert not [bare for own in functions for bare in missing_annotations(*own)]


@pytest.mark.parametrize(
    "method", "IIC SegmentationIIC MINE DeepInfoMax DeepCluster TeacherStudent".split()
)
def test_method_is_a_keras_model_with_documented_methods_of_its_own(method):
    model = imported(dict(PUBLIC)[method], method)
    assert issubclass(model, keras.Model)
    for name in ("fit", "predict", "save"):
        function = getattr(model, name)
        assert belongs_to_project(function)
        assert function.__doc__ and function.__doc__.strip()


def test_reference_has_the_docstring_of_every_public_name():
    text = (ROOT / "docs/reference.md").read_text()
    shown = re.findall(r"^\.\. auto\w+:: ([\w.]+)\.(\w+)$", text, re.MULTILINE)
    shown += re.findall(r"^\.\. data:: ([\w.]+)\.(\w+)$", text, re.MULTILINE)
    assert sorted(shown) == sorted((module, name) for name, module in PUBLIC)
