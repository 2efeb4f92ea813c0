"""Terminals of any encoding, output that is no terminal, and short warnings."""

import io
import logging
import sys
import warnings

import pytest

import mine
import unsupervised_clustering
from infomax.callbacks.fitting import progress
from infomax.cli.command_line import one_line_errors
from infomax.cli.options import TrainingOptions
from infomax.cli.run_folder import RunFolder
from infomax.cli.terminal import in_one_line
from tests.run_files import read_json, rows_of


class Terminal(io.StringIO):
    def isatty(self):
        return True


def printed(monkeypatch, encoding, call, *arguments):
    """Return what a script's `main` writes to a standard output of an encoding."""
    written = io.BytesIO()
    with monkeypatch.context() as patch:
        output = io.TextIOWrapper(written, encoding, "strict")
        patch.setattr(sys, "stdout", output)
        with pytest.raises(SystemExit) as ended:
            call(*arguments)
        output.flush()
    return ended.value.code, written.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@pytest.mark.parametrize("script", [unsupervised_clustering, mine])
def test_help_is_printed_in_any_encoding(monkeypatch, encoding, script):
    status, text = printed(monkeypatch, encoding, script.main, ["--help"])
    assert status == 0 and "Ctrl-C" in text
    assert ("0…1" if encoding in ("cp1252", "utf-8") else r"0\u20261") in text


@pytest.mark.parametrize("name", ["猫", "caf\udce9", "😀", "Straße"])
def test_names_are_printed_in_ascii(monkeypatch, name):
    @one_line_errors(TrainingOptions())
    def main(argv=None):
        print(name)
        raise ValueError(name)

    escaped = name.encode("unicode_escape").decode()
    assert printed(monkeypatch, "ascii", main) == (2, f"{escaped}\n")


def test_name_is_printed_in_one_line():
    assert in_one_line("Ba$$in, 猫 é _x") == "Ba$$in, 猫 é _x"
    assert in_one_line("a\nb\t\x1b[31m\udce9") == r"a\nb\t\x1b[31m\udce9"


@pytest.mark.parametrize(
    "name", ["caf\udce9", "猫 😀", "a\nb", "=1+1", "<b>&", "{0}%s$"]
)
def test_names_are_written_and_read_back(tmp_path, name):
    run = RunFolder(tmp_path / "run")
    run.write_metrics({"name": name})
    assert read_json(run.path / "metrics.json") == {"name": name} == dict(run.metrics)
    run.write_rows("names", [{"image": name, "cluster": 1}])
    readable = name.encode("utf-8", "backslashreplace").decode()
    (row,) = rows_of(run.path / "names.csv")
    assert row == {"image": readable.replace("=1", "'=1"), "cluster": "1"}
    run.write_text("report.html", name)
    assert (run.path / "report.html").read_text(encoding="utf-8") == readable


def test_warning_on_the_command_line_is_a_sentence(monkeypatch):
    where = UserWarning, "file.py", 3

    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    logger = logging.getLogger("tensorflow")
    before = logger.level

    @one_line_errors(TrainingOptions())
    def main(argv=None):
        assert not logger.isEnabledFor(logging.WARNING)
        return warnings.formatwarning("training looks\nstuck: try more", *where)

    assert main() == "warning: training looks stuck: try more\n"
    # A library user's warnings are Python's.
    assert logger.level == before
    assert warnings.formatwarning("stuck", *where).startswith("file.py:3: UserWarning")


@pytest.mark.parametrize(
    "terminal, variables, verbose, expected",
    [
        (True, {}, "auto", 1),
        (True, {}, 1, 1),
        (True, {"NO_COLOR": ""}, 1, 1),  # by its rule, an empty one is none
        (True, {"NO_COLOR": "1"}, 1, 2),
        (True, {"TERM": "dumb"}, "auto", 2),
        (False, {}, "auto", 2),
        (False, {}, 1, 2),
        (False, {}, 0, 0),
        (True, {"TERM": "dumb"}, 0, 0),
        (True, {}, 2, 2),
    ],
)
def test_bar_is_for_terminals(monkeypatch, terminal, variables, verbose, expected):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Terminal() if terminal else io.StringIO())
    assert progress(verbose) == expected


def test_output_of_a_training_has_no_codes_and_a_line_per_epoch(finished_run):
    assert not set("\x1b\r\b") & set(finished_run.trained + finished_run.evaluated)
    assert finished_run.trained.count("- loss: ") == 8
