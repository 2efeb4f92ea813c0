"""The one form in which every benchmark writes its results."""

import json
import pathlib
import platform

from infomax.reproducibility import versions
from infomax.run_folder import replacing

FOLDER = pathlib.Path(__file__).parent / "results"


def write_results(name, command, rows):
    """Write `benchmarks/results/<name>.json`.

    Args:
        name: of the file, without suffix.
        command: that makes these results again.
        rows: list of flat dicts; shares as fractions, information in nats, times in
            seconds.

    Returns:
        The path.
    """
    content = {
        "command": command,
        "versions": versions(),
        "processor": processor(),
        "rows": rows,
    }
    path = FOLDER / f"{name}.json"
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n")
    return path


def processor():
    """Name of the processor, as far as the system tells."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(
            line.split(":")[1].strip() for line in lines if "model name" in line
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


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


def read_rows(name):
    """Read the rows of a results file; none where there is no such file."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text())["rows"] if path.exists() else []
