"""The settings of Keras outside the program, looked at before anything is built."""

import contextlib
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import sys

# The packages that each backend needs.
BACKENDS = {
    "tensorflow": ("tensorflow",),
    "jax": ("jax", "jaxlib"),
    "torch": ("torch",),
}
OTHER_NAMES = {"pytorch": "torch", "tf": "tensorflow"}
# What the layers and the results rely on, whatever the user's keras.json says.
EXPECTED = {"floatx": "float32", "image_data_format": "channels_last", "epsilon": 1e-7}
EXPECTED |= {"max_epochs": None, "max_steps_per_epoch": None}
ROOT = pathlib.Path(__file__).resolve().parents[1]


def lines_can_be_rewritten():
    """Whether standard output is a terminal that takes control characters."""
    dumb = os.environ.get("TERM") == "dumb" or os.environ.get("NO_COLOR")
    return sys.stdout.isatty() and not dumb


@contextlib.contextmanager
def usable_keras():
    """Check the user's settings, let Keras be imported within, then correct them."""
    if "keras" not in sys.modules:
        _require_backend()
    try:
        yield
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        advice = f"correct the variables KERAS_… or {_settings_file()}, or reinstall it"
        _stop(f"Keras cannot be imported ({reason}); {advice}", error)
    _correct()


@contextlib.contextmanager
def silent_tensorflow():
    """Hide TensorFlow's start-up messages, unless wanted; yield whether hidden."""
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") != "3":
        yield False
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield True
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _settings_file():
    """Return the path of keras.json, by Keras's own rule."""
    home = os.path.expanduser("~")
    home = home if os.access(home, os.W_OK) else "/tmp"
    folder = os.environ.get("KERAS_HOME", os.path.join(home, ".keras"))
    return pathlib.Path(os.path.expanduser(os.path.join(folder, "keras.json")))


def _require_backend():
    """Stop if the backend that the user chose is unknown or not installed."""
    name, source = os.environ.get("KERAS_BACKEND"), "KERAS_BACKEND"
    if not name:
        path, settings = _settings_file(), {}
        # Keras ignores what is no JSON. What cannot be read, it reports itself.
        with contextlib.suppress(OSError, ValueError):
            settings = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(settings, dict):
            _stop(f"{path}: got {settings!r}, expected settings by name; delete it")
        source = f'"backend" in {path}' if "backend" in settings else "Keras"
        name = settings.get("backend", "tensorflow")
    if name not in BACKENDS:
        near = str(name).strip().lower()
        near = OTHER_NAMES.get(near, near)
        advice = f"write {near}" if near in BACKENDS else "write tensorflow"
        _stop(f"{source}: got {name!r}, expected {', '.join(BACKENDS)}; {advice}")
    absent = [one for one in BACKENDS[name] if importlib.util.find_spec(one) is None]
    if absent:
        found = [one for one in BACKENDS if importlib.util.find_spec(one)]
        other = f", or set KERAS_BACKEND={found[0]}" if found else ""
        _stop(
            f"{source}: got the backend {name}, but {' and '.join(absent)} cannot be "
            f"found, expected an installed one; pip install {' '.join(absent)}{other}"
        )


def _correct():
    """Set what the project relies on for this process, and say so in one sentence."""
    from keras import config

    changed = []
    for name, expected in EXPECTED.items():
        found = getattr(config, name)()
        if found != expected:
            getattr(config, f"set_{name}")(expected)
            changed.append(f"{name} {expected} instead of {found}")
    if changed:
        print(f"infomax sets {', '.join(changed)} for Keras here", file=sys.stderr)


def _commands():
    """Return the names of the commands, if the project is installed."""
    try:
        points = importlib.metadata.distribution("infomax").entry_points
    except importlib.metadata.PackageNotFoundError:
        return ()
    return [point.name for point in points]


def _stop(message, cause=None):
    """Raise `ImportError`; end a script or a command of the project with one line."""
    file = getattr(sys.modules["__main__"], "__file__", None)
    script = pathlib.Path(file or os.devnull)
    if script.resolve().parent == ROOT or script.name in _commands():
        print(f"error: {message}", file=sys.stderr)
        raise SystemExit(2)
    raise ImportError(message) from cause
