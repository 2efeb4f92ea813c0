"""The common format of the results of all benchmarks."""

import json
import pathlib
import platform
import re

import keras
import numpy as np

from infomax.cli.options import WITHOUT_EFFECT
from infomax.cli.training import versions
from infomax.files import replacing
from infomax.settings import flat

FOLDER = pathlib.Path(__file__).parent / "results"


def write_results(name, command, rows, settings=None):
    """Write `benchmarks/results/<name>.json`.

    Args:
        name: of the file, without suffix.
        command: that makes these results again.
        rows: list of flat dicts; shares as fractions, information in nats, times in
            seconds.
        settings: dict of what makes rows comparable, for `read_rows`; or None.

    Returns:
        The path.
    """
    content = {
        "command": command,
        **({"settings": settings} if settings else {}),
        "versions": versions(),
        "processor": processor(),
        "rows": rows,
    }
    path = FOLDER / f"{name}.json"
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def settings_of(options):
    """Return the settings that rows must share: all that affect a result."""
    settings = flat(options)
    return {key: settings[key] for key in settings if key not in WITHOUT_EFFECT}


def processor():
    """Return name, family and model of the processor, if the system knows them.

    On virtual machines, one name may stand for generations of different speed.
    """
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        facts = dict(
            re.split(r"\s*:\s*", line, maxsplit=1) for line in lines if ":" in line
        )
        return "{model name}, family {cpu family}, model {model}".format(**facts)
    except (OSError, KeyError):
        return platform.processor() or platform.machine()


def device():
    """Return the name of the device that trains: of a GPU, or `processor`."""
    if keras.config.backend() == "jax":
        import jax

        kind = jax.devices()[0].device_kind
        return processor() if kind == "cpu" else kind
    import tensorflow

    for gpu in tensorflow.config.list_physical_devices("GPU"):
        details = tensorflow.config.experimental.get_device_details(gpu)
        return details.get("device_name", "GPU")
    return processor()


def write_figure(name, figure):
    """Write a figure of some results as `benchmarks/results/<name>.png`.

    Args:
        name: that of the results file.
        figure: Matplotlib figure.

    Returns:
        The path.
    """
    path = FOLDER / f"{name}.png"
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
    return path


def read_rows(name, settings=None):
    """Read the rows of a results file.

    Args:
        name: of the file, without suffix.
        settings: those of the rows that are to be added, or None.

    Returns:
        List of dicts, empty if there is no such file.

    Raises:
        ValueError: if the rows were made with other settings.
    """
    path = FOLDER / f"{name}.json"
    if not path.exists():
        return []
    content = json.loads(path.read_text(encoding="utf-8"))
    if settings:
        before = content.get("settings", {})
        changed = [key for key in settings if settings[key] != before.get(key)]
        if changed:
            raise ValueError(
                f"{path}: its rows were made with another {', '.join(changed)}; move "
                "the file away to start again, or restore what they were made with"
            )
    return content["rows"]


def has_row(name, task):
    """Whether a results file has the row of a (data set, method, seed)."""
    keys = ("dataset", "method", "seed")
    return task in {tuple(row[key] for key in keys) for row in read_rows(name)}


def add_row(name, command, row, sets, methods):
    """Write a results file with one more row, in the order of sets and methods."""
    sets, methods = list(sets), list(methods)
    rows = [*read_rows(name), row]
    rows.sort(
        key=lambda row: (
            sets.index(row["dataset"]),
            methods.index(row["method"]),
            row["seed"],
        )
    )
    write_results(name, command, rows)


def mean_and_spread(rows, name, factor):
    """Return mean ± standard deviation over the seeds as text; a dash without values.

    Args:
        rows: list of dicts.
        name: of the value, which may be None in some rows.
        factor: on the value.
    """
    values = [factor * row[name] for row in rows if row[name] is not None]
    if not values:
        return "-"
    spread = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{np.mean(values):.1f}{spread}"
