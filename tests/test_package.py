"""The installed package: what it contains, and that it works outside the checkout."""

import importlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LARGEST = 2_000_000  # bytes of the wheel
VERSIONS = "3.11", "3.12", "3.13"
OF_IMAGES = "iic", "mine", "deep-infomax", "deep-cluster", "teacher-student"


def test_modules_of_the_package_are_all_scripts():
    modules = sorted(path.stem for path in ROOT.glob("*.py"))
    assert PROJECT["tool"]["setuptools"]["py-modules"] == modules
    _, forbidden = PROJECT["tool"]["importlinter"]["contracts"]
    assert forbidden["forbidden_modules"] == modules


@pytest.mark.parametrize("command", PROJECT["project"]["scripts"].items(), ids=str)
def test_command_is_the_main_of_a_script(command):
    module, function = command[1].split(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_extra_for_developers_is_their_requirements_file():
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    assert PROJECT["project"]["optional-dependencies"]["dev"] == lines


def test_version_has_an_entry_in_the_changelog():
    import infomax

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {infomax.__version__} (" in changelog


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy of the checkout; building leaves files behind."""
    folder = tmp_path_factory.mktemp("wheel")
    names = ("infomax", "README.md", "LICENSE", "pyproject.toml", "requirements.txt")
    for path in (*map(ROOT.joinpath, names), *ROOT.glob("*.py")):
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, folder / path.name)
    run(folder, sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", ".")
    return next(folder.glob("*.whl"))


def run(folder, *command, **variables):
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "", **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def python_of(version):
    """Return an interpreter of a version, of the system or of pyenv, or None."""
    versions = Path.home() / ".pyenv" / "versions"
    found = shutil.which(f"python{version}")
    for python in (found, *versions.glob(f"{version}.*/bin/python")):
        if (
            python
            and subprocess.run([python, "-V"], capture_output=True).returncode == 0
        ):
            return python
    return None


def write_images(folder):
    """Write 120 images of two classes."""
    generator = np.random.default_rng(0)
    for index in range(120):
        path = folder / "ab"[index % 2] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shade = 60 + 120 * (index % 2)
        image = generator.integers(shade, shade + 60, (32, 32, 3)).astype("uint8")
        Image.fromarray(image).save(path)


@pytest.mark.slow
def test_wheel_is_small(wheel):
    assert wheel.stat().st_size < LARGEST


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("version", VERSIONS)
def test_installed_commands_work_outside_the_checkout(wheel, tmp_path, version):
    python = python_of(version)
    if python is None:
        pytest.skip(f"there is no Python {version}")
    run(tmp_path, python, "-m", "venv", "env")
    binaries = tmp_path / "env" / "bin"
    run(tmp_path, binaries / "pip", "install", "--quiet", wheel)
    write_images(tmp_path / "images")
    options = "--smoke --dataset images --clusters 2 --run-dir run".split()
    said = run(tmp_path, binaries / "iic", "--train", "--eval", *options)
    assert "head_0" in said
    assert (tmp_path / "run" / "model.keras").exists()
    said = run(tmp_path, binaries / "mine", "--gaussian")
    assert "nats" in said
    wrong = [binaries / "iic", "--train", "--smoke"]
    done = subprocess.run(wrong, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "comes with a clone of the project" in done.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_all_commands_work_with_jax_and_without_tensorflow(wheel, tmp_path):
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    others = [line for line in lines if not line.startswith("tensorflow")]
    run(tmp_path, sys.executable, "-m", "venv", "env")
    binaries = tmp_path / "env" / "bin"
    run(tmp_path, binaries / "pip", "install", "--quiet", *others, "jax")
    run(tmp_path, binaries / "pip", "install", "--quiet", "--no-deps", wheel)
    generator = np.random.default_rng(0)
    x, pixels = generator.normal(size=(300, 2)), (24, 32, 32)
    np.savez(tmp_path / "pairs.npz", x=x, y=x + generator.normal(size=x.shape))
    images = generator.integers(0, 255, (*pixels, 3)).astype("uint8")
    np.savez(tmp_path / "pixels.npz", x_train=images, y_train=images[..., 0] // 128)
    write_images(tmp_path / "images")
    smoke = "--train", "--eval", "--smoke", "--dataset"
    commands = [
        *((command, *smoke, "images") for command in OF_IMAGES),
        ("iic-segment", *smoke, "pixels.npz"),
        ("mine", "--estimate", "pairs.npz"),
    ]
    for command, *arguments in commands:
        run(tmp_path, binaries / command, *arguments, KERAS_BACKEND="jax")
    assert len(list((tmp_path / "runs").glob("*/model.keras"))) == len(OF_IMAGES) + 1
