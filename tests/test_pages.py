"""The Python of the pages in docs/ runs, on small data."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]
ROOT = Path(__file__).parents[1]
OTHERS = ("transformers", "clip-")  # packages that are not installed here
PAGES = [
    page.name
    for page in sorted((ROOT / "docs").glob("*.md"))
    if "```python" in page.read_text(encoding="utf-8")
]


def blocks(name):
    """Return the Python blocks of a page, without those that need other packages."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    found = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [code for code in found if not any(other in code for other in OTHERS)]


@pytest.fixture
def folder(tmp_path, monkeypatch, finished_run):
    """A working folder with the files that the pages name."""
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(600, 8)).astype("float32")
    np.savez("vectors.npz", x_train=vectors)
    Path("photos").mkdir()
    pixels = generator.integers(0, 255, (12, 12, 3)).astype("uint8")
    for path in ("photos/a.png", "photograph.jpg"):
        Image.fromarray(pixels).save(path)
    Path("clusters.csv").write_text("image,cluster\na.png,1\n", encoding="utf-8")
    Path("table.csv").write_text("height,weight,age\n1,2,3\n4,5,6\n", encoding="utf-8")
    shutil.copytree(finished_run.path, "runs/iic-images")
    return tmp_path


@pytest.mark.parametrize("name", PAGES)
def test_python_of_a_page_runs(folder, name):
    import infomax

    generator = np.random.default_rng(0)
    given = {
        "infomax": infomax,
        "x": generator.normal(size=(600, 8)).astype("float32"),
        "images": generator.uniform(size=(5, 6, 6, 7)),
        "colours": ["red", "blue", "red"],
        "shapes": ["square", "disc", "square"],
    }
    if name == "export.md":
        export_in_colour(folder / "runs" / "iic-images")
    for code in blocks(name):
        exec(code, given)


def export_in_colour(run):
    """Write the files that docs/export.md opens, of a network that takes RGB."""
    import keras

    from infomax.cli.export import FORMATS

    pytest.importorskip("onnxruntime")
    pytest.importorskip("ai_edge_litert")
    image = keras.Input((32, 32, 3), dtype="uint8", name="image")
    mean = keras.layers.GlobalAveragePooling2D()(keras.ops.cast(image, "float32"))
    network = keras.Model(image, keras.layers.Softmax()(mean))
    network(np.zeros((1, 32, 32, 3), "uint8"))
    for kind, target in FORMATS.values():
        network.export(str(run / target), format=kind, verbose=False)
