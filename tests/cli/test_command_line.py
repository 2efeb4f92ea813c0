"""From nested dataclasses to a command line; presets, kinds, and errors in one line."""

import dataclasses
import pathlib

import numpy as np
import pytest

from infomax.cli import command_line
from infomax.cli.clustering_options import PRESETS, Options, kinds_for
from infomax.cli.command_line import one_line_errors, parse
from infomax.cli.options import crop_size, run_path, training_images, without_auto
from infomax.settings import flat, option, replaced
from unsupervised_clustering import build_parser


@dataclasses.dataclass(frozen=True)
class Source:
    data: str = option("mnist", "what to read", reading=True)
    given: tuple = dataclasses.field(default=(), compare=False)


@dataclasses.dataclass(frozen=True)
class Settings:
    source: Source = Source()
    steps: int = option(10, "steps, >= 1", "batches")
    learning_rate: float = option(0.1, "learning rate, 50 % of the best")
    fill: str = option("zero", "fill value", choices=("zero", "one"))
    flip: bool = option(False, "mirror")
    blur: bool = option(True, "smooth")


SMALL = {"default": {}, "smoke": {"steps": 1, "fill": "one"}}


def parsed(*argv, measure=False):
    """Return options and arguments; `measure` adds an action that reads `steps`."""
    description = "What it does.\n\nReferences:\n    A book."
    parser = command_line.training_parser(description, Settings(), SMALL)
    if measure:
        parser.add_argument("--measure", metavar="FILE")
    further = {"measure": ("steps",)} if measure else None
    return parse(parser, Settings(), SMALL, list(argv), further)


def trained_with(*argv):
    return parsed("--train", *argv)[0]


def of_iic(*argv):
    return parse(build_parser(), Options(), PRESETS, ["--train", *argv])[0]


def iic_options(**values):
    return replaced(Options(), values)


def test_options_have_the_type_of_their_default():
    options = trained_with("--steps", "3", "--learning-rate", "1e-2", "--data", "7")
    assert options == Settings(Source("7"), steps=3, learning_rate=0.01)
    assert isinstance(options.steps, int)


def test_flags_can_be_set_both_ways():
    options = trained_with("--flip", "--no-blur")
    assert options.flip is True and options.blur is False
    assert trained_with("--no-flip", "--blur") == Settings()


def test_preset_replaces_defaults_and_an_option_replaces_a_preset():
    assert trained_with("--smoke") == Settings(steps=1, fill="one")
    assert trained_with("--smoke", "--steps", "5") == Settings(steps=5, fill="one")
    # Even if the option has the value of the default.
    assert trained_with("--steps", "10", "--smoke").steps == 10


def test_options_that_were_chosen_are_remembered():
    given = trained_with("--smoke", "--flip").source.given
    assert set(given) == {"steps", "fill", "flip"}


def test_help_has_text_unit_and_default(capsys):
    with pytest.raises(SystemExit) as caught:
        parsed("--help")
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "What it does." in text and "A book." not in text
    assert "--steps INT steps, >= 1 [batches] (default: 10)" in text
    assert "50 % of the best (default: 0.1)" in text
    assert "--fill {zero,one} fill value (default: zero)" in text
    assert "--flip, --no-flip" in text


@pytest.mark.parametrize(
    "measure, last", [(False, " or --export"), (True, ", --export or --measure")]
)
def test_call_without_an_action_shows_the_usage(capsys, measure, last):
    message = f"nothing to do: give --train, --resume, --eval, --predict{last};"
    with pytest.raises(ValueError, match=message):
        parsed("--steps", "3", measure=measure)
    assert capsys.readouterr().err.startswith("usage: ")


@pytest.mark.parametrize(
    "line, message",
    [
        ("--predict images", "--predict and --out go together"),
        ("--out out.csv --eval", "--predict and --out go together"),
        ("--train --resume", "--train starts a run and --resume continues one"),
        ("--eval --steps 3", "got --steps without --train, but the run folder has it"),
        ("--eval --smoke", "--preset smoke without --train"),
    ],
)
def test_options_that_do_not_go_together_are_refused(capsys, line, message):
    with pytest.raises(ValueError, match=message):
        parsed(*line.split())
    assert capsys.readouterr().err == ""


def test_script_may_add_actions_that_read_some_options():
    options, arguments = parsed("--measure", "a.npz", "--steps", "7", measure=True)
    assert (arguments.measure, options.steps) == ("a.npz", 7)
    for argv, message in (
        (["--learning-rate", "1"], "got --learning-rate with --measure"),
        (["--train"], "--measure cannot be combined; got --train, --measure"),
    ):
        with pytest.raises(ValueError, match=message):
            parsed("--measure", "a.npz", *argv, measure=True)


@one_line_errors(Settings())
def raise_it(error):
    raise error


@pytest.mark.parametrize(
    "error, status, line",
    [
        (ValueError("got this,\n  expect;\tdo"), 2, "error: got this, expect; do"),
        (FileNotFoundError("a.npz: gone"), 2, "error: a.npz: gone"),
        (OSError(28, "No space"), 2, "error: [Errno 28] No space; free some space, "),
        (ValueError("learning_rate: got 0"), 2, "error: --learning-rate: got 0"),
        (ValueError("of_old: got 0; see data:"), 2, "error: of_old: got 0; see data:"),
        (KeyboardInterrupt(), 130, "interrupted; --resume continues a training"),
    ],
    ids=["lines", "missing", "full disk", "option", "no option", "Ctrl-C"],
)
def test_error_of_the_user_is_one_line_and_a_status(capsys, error, status, line):
    with pytest.raises(SystemExit) as caught:
        raise_it(error)
    output = capsys.readouterr()
    assert caught.value.code == status and output.out == ""
    assert output.err.startswith(line) and len(output.err.splitlines()) == 1


@pytest.mark.parametrize("error", [TypeError, AttributeError])
def test_error_of_the_program_keeps_its_traceback(error):
    with pytest.raises(error):
        raise_it(error("a bug"))


def test_main_returns_its_value():
    assert one_line_errors(Settings())(lambda argv=None: argv)(["--eval"]) == ["--eval"]


def test_every_option_of_the_script_has_help_and_its_default():
    defaults = flat(Options())
    for action in build_parser()._actions:
        assert action.help, action.option_strings
        if action.dest in defaults:
            assert action.help.endswith(f"(default: {defaults[action.dest]})")


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_hold_values_of_options(preset):
    assert flat(of_iic("--preset", preset)).items() >= PRESETS[preset].items()


@pytest.mark.parametrize(
    "values, expected",
    [
        ({}, "runs/iic-mnist"),
        ({"dataset": "a/letters.npz"}, "runs/iic-letters"),
        ({"run_dir": "here"}, "here"),
        ({"dataset": "."}, f"runs/iic-{pathlib.Path.cwd().name}"),
    ],
)
def test_run_folder_is_named_by_method_and_data(values, expected):
    assert run_path(iic_options(**values), "iic") == expected


def test_perturbation_eases_from_full_strength_to_the_given_one():
    def strengths(**values):
        training = iic_options(**values).training
        return [training.strength(epoch) for epoch in range(training.epochs)]

    found = strengths(epochs=5, ease_to=0.4)
    assert found == pytest.approx([1, 0.85, 0.7, 0.55, 0.4])
    assert strengths(epochs=1, ease_to=0.4) == [1]
    assert strengths(ease_to=1.0) == [1] * 12


def test_training_images_are_drawn_by_the_seed():
    images = np.arange(10)

    def drawn(count, seed=0):
        return training_images(iic_options(train_images=count, seed=seed), images)

    parts = [drawn(5, seed).tolist() for seed in range(20)]
    assert all(len(set(part)) == 5 and part == sorted(part) for part in parts)
    assert set(sum(parts, [])) == set(images.tolist())
    assert drawn(5).tolist() == parts[0]
    assert drawn(0) is images and drawn(11) is images


@pytest.mark.parametrize(
    "values, expected",
    [({}, 2), ({"epochs": 2}, 1), ({"epochs": 1}, 0), ({"overclusters": 0}, 0)],
)
def test_merge_leaves_an_epoch_and_needs_overclusters(values, expected):
    assert iic_options(**values).merge_epoch == expected


def of_kind(options, kind):
    options = replaced(options, {"kind": kind})
    return without_auto(options, np.zeros((2, 4, 4, 1), "uint8"), kinds_for(1))


def test_kind_changes_the_defaults():
    photographs = of_kind(of_iic(), "photographs")
    assert photographs.data.kind == "photographs"
    perturbation = photographs.perturbation
    assert perturbation.area == 0.5 and perturbation.flip and perturbation.bars == 0
    assert of_kind(of_iic(), "overhead").perturbation.rotation == 180
    strokes = iic_options(kind="strokes", precision="float32")
    assert of_kind(of_iic(), "strokes") == strokes


def test_kind_leaves_chosen_options_even_if_they_have_the_default():
    chosen = of_iic("--width", "0.5", "--no-flip", "--epochs", "3")
    found = flat(of_kind(chosen, "photographs"))
    assert (found["width"], found["flip"], found["epochs"]) == (0.5, False, 3)
    assert found["area"] == 0.5


def test_kind_leaves_options_that_differ_from_the_default():
    photographs = of_kind(iic_options(rotation=90.0), "photographs")
    assert photographs.perturbation.rotation == 90


@pytest.mark.parametrize("preset", ["paper", "chapter"])
def test_presets_of_the_sources_have_their_own_perturbation(preset):
    options = of_iic("--preset", preset)
    expected = replaced(options, {"precision": "float32"})
    assert of_kind(options, options.data.kind) == expected


def test_options_of_a_kind_are_the_same_when_they_are_read_again():
    photographs = of_kind(of_iic("--zoom", "1.0"), "photographs")
    again = iic_options(**flat(photographs))
    assert of_kind(again, "photographs") == photographs


@pytest.mark.parametrize(
    "values, shape, expected",
    [
        ({}, (28, 28, 1), (24, 24)),  # six sevenths of each side
        ({}, (32, 64, 3), (27, 55)),
        ({"area": 0.5}, (28, 28, 1), (28, 28)),  # random crops leave x whole
        ({"area": 0.5, "crop": 20}, (28, 28, 1), (20, 20)),
    ],
)
def test_crop_is_six_sevenths_of_each_side_unless_crops_are_random(
    values, shape, expected
):
    assert crop_size(iic_options(**values), shape) == expected
