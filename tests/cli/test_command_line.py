"""From a dataclass to options; presets; errors in one line."""

import dataclasses
import pathlib

import numpy as np
import pytest

from infomax.cli.command_line import one_line_errors, option, parse, training_parser
from unsupervised_clustering import PRESETS, Configuration, build_parser


@dataclasses.dataclass(frozen=True)
class Settings:
    """A configuration of every type of field."""

    steps: int = option(10, "steps, >= 1", "batches")
    learning_rate: float = option(0.1, "of the optimiser, 50 % of the best")
    data: str = option("mnist", "what to read", reading=True)
    fill: str = option("zero", "what comes in", choices=("zero", "one"))
    flip: bool = option(False, "mirror")
    blur: bool = option(True, "smooth")


PRESETS_OF_SETTINGS = {"default": {}, "smoke": {"steps": 1, "fill": "one"}}


def parsed(*argv):
    """Arguments and settings of a command line."""
    parser = training_parser("What it does.\n\nMore.", Settings, PRESETS_OF_SETTINGS)
    return parse(parser, Settings, PRESETS_OF_SETTINGS, list(argv))


def configured(*argv):
    """Settings of a command line that trains."""
    return parsed("--train", *argv)[1]


def test_without_options_the_defaults_stand():
    assert configured() == Settings()


def test_options_have_the_type_of_their_default():
    settings = configured("--steps", "3", "--learning-rate", "1e-2", "--data", "7")
    assert settings == Settings(steps=3, learning_rate=0.01, data="7")
    assert isinstance(settings.steps, int)


def test_flags_can_be_set_both_ways():
    settings = configured("--flip", "--no-blur")
    assert settings.flip is True and settings.blur is False
    assert configured("--no-flip", "--blur") == Settings()


def test_a_preset_replaces_defaults_and_an_option_replaces_a_preset():
    assert configured("--smoke") == Settings(steps=1, fill="one")
    assert configured("--smoke", "--steps", "5") == Settings(steps=5, fill="one")
    # Even where the option says what the default says.
    assert configured("--steps", "10", "--smoke").steps == 10


def test_actions_are_told_apart(tmp_path):
    path = str(tmp_path)
    arguments, _ = parsed("--train", "--eval", "--predict", path, "--out", "out.csv")
    assert arguments.train and arguments.eval
    assert (arguments.predict, arguments.out) == (path, "out.csv")


def test_help_has_text_unit_and_default(capsys):
    with pytest.raises(SystemExit) as caught:
        parsed("--help")
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "What it does." in text and "More." not in text
    assert "--steps INT steps, >= 1 [batches] (default: 10)" in text
    assert "50 % of the best (default: 0.1)" in text
    assert "--fill {zero,one} what comes in (default: zero)" in text
    assert "--flip, --no-flip" in text


def test_nothing_to_do_shows_the_usage(capsys):
    with pytest.raises(
        ValueError, match="nothing to do.*--train, --resume, --eval or --predict"
    ):
        parsed("--steps", "3")
    assert capsys.readouterr().err.startswith("usage: ")


@pytest.mark.parametrize(
    "argv",
    [["--predict", "images"], ["--out", "out.csv", "--eval"]],
    ids=["predict alone", "out alone"],
)
def test_predict_and_out_go_together(capsys, argv):
    with pytest.raises(ValueError, match="--predict and --out go together"):
        parsed(*argv)
    assert capsys.readouterr().err == ""


def test_options_of_a_training_are_refused_where_a_run_is_only_read():
    message = "got --steps, --learning-rate without --train, but the run folder knows"
    with pytest.raises(ValueError, match=message):
        parsed("--eval", "--learning-rate", "1", "--steps", "3")
    # What also means something to a reader is not refused.
    assert parsed("--eval", "--data", "other")[1].data == "other"


def test_a_preset_is_refused_where_a_run_is_only_read():
    with pytest.raises(ValueError, match="--preset smoke without --train"):
        parsed("--eval", "--smoke")


@pytest.mark.parametrize("error", [ValueError, FileNotFoundError, OSError])
def test_an_error_of_the_user_is_one_line_and_status_2(capsys, error):
    @one_line_errors
    def main(argv=None):
        raise error("got this,\n  expected that;\tdo so")

    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    output = capsys.readouterr()
    assert output.err == "error: got this, expected that; do so\n"
    assert output.out == ""


@pytest.mark.parametrize("error", [TypeError, AttributeError])
def test_an_error_of_ours_keeps_its_traceback(error):
    @one_line_errors
    def main(argv=None):
        raise error("a bug")

    with pytest.raises(error):
        main([])


def test_ctrl_c_is_one_line(capsys):
    @one_line_errors
    def main(argv=None):
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as exit_:
        main([])
    assert exit_.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_what_main_returns_is_returned():
    assert one_line_errors(lambda argv=None: argv)(["--eval"]) == ["--eval"]


def test_the_script_has_every_option_that_the_issue_names():
    known = {
        string for action in build_parser()._actions for string in action.option_strings
    }
    assert known >= set(
        "--train --eval --predict --out --dataset --run-dir --seed --epochs "
        "--batch-size --heads --clusters --overclusters --backbone --learning-rate "
        "--smoke --verbose".split()
    )


def test_every_option_of_the_script_has_help_and_its_default():
    fields = {field.name: field for field in dataclasses.fields(Configuration)}
    for action in build_parser()._actions:
        assert action.help, action.option_strings
        if action.dest in fields:
            field = fields[action.dest]
            assert field.metadata["help"]
            assert action.help.endswith(f"(default: {field.default})")


def test_the_presets_are_values_of_the_configuration():
    assert PRESETS["default"] == {}
    for preset in PRESETS.values():
        assert dataclasses.asdict(Configuration(**preset)).items() >= preset.items()


@pytest.mark.parametrize(
    "values, message",
    [
        ({"epochs": 0}, "--epochs: got 0, expected 1 or more"),
        ({"seed": -1}, "--seed: got -1, expected 0 or more"),
        ({"seed": 2**32}, "--seed: got 4294967296, expected less than"),
        ({"train_images": -1}, "--train-images: got -1, expected 0 or more"),
        ({"image_size": -1}, "--image-size: got -1, expected 0 or more"),
        ({"crop": -1}, "--crop: got -1, expected 0 or more"),
        ({"learning_rate": 0.0}, "--learning-rate: got 0.0, expected a number above 0"),
        ({"learning_rate": float("nan")}, "--learning-rate: got nan"),
        ({"learning_rate": float("inf")}, "--learning-rate: got inf"),
        ({"ease_to": -0.1}, "--ease-to: got -0.1, expected 0 to 1"),
        ({"ease_to": 1.1}, "--ease-to: got 1.1, expected 0 to 1"),
        ({"merge_after": -1}, "--merge-after: got -1, expected 0 or more"),
        ({"rotation": -5.0}, "rotation: got -5.0, expected 0 to 180"),
    ],
)
def test_a_value_that_cannot_be_is_named(values, message):
    with pytest.raises(ValueError, match=message):
        Configuration(**values)


def test_the_run_folder_is_named_after_method_and_data():
    assert Configuration().run_path("iic") == "runs/iic-mnist"
    assert Configuration(dataset="a/letters.npz").run_path("iic") == "runs/iic-letters"
    assert Configuration(run_dir="here").run_path("iic") == "here"


def test_the_perturbation_is_eased_from_full_strength_to_what_is_asked_for():
    configuration = Configuration(epochs=5, ease_to=0.4)
    found = [configuration.strength(epoch) for epoch in range(5)]
    assert found == pytest.approx([1, 0.85, 0.7, 0.55, 0.4])
    assert Configuration(epochs=1, merge_after=0, ease_to=0.4).strength(0) == 1
    assert Configuration(ease_to=1.0).strength(11) == 1


def test_training_images_are_drawn_by_the_seed():
    images = list(range(10))
    drawn = [
        Configuration(train_images=5, seed=seed)
        .training_part(np.array(images))
        .tolist()
        for seed in range(20)
    ]
    assert all(len(set(part)) == 5 and part == sorted(part) for part in drawn)
    assert set(sum(drawn, [])) == set(images)
    again = Configuration(train_images=5).training_part(np.array(images))
    assert again.tolist() == drawn[0]
    assert Configuration().training_part(images) is images
    assert Configuration(train_images=11).training_part(images) is images


@pytest.mark.parametrize(
    "values, expected",
    [({}, 2), ({"epochs": 2}, 1), ({"epochs": 1}, 0), ({"overclusters": 0}, 0)],
)
def test_the_merge_leaves_an_epoch_and_needs_overclusters(values, expected):
    assert Configuration(**values).merge_epoch == expected
    assert Configuration(**values).course["merge_after"] == expected


def test_a_run_is_named_by_its_data():
    assert (
        Configuration(dataset=".").run_path("iic")
        == f"runs/iic-{pathlib.Path.cwd().name}"
    )


def further(*argv):
    """A command line with an action of the script's own, which reads `steps`."""
    parser = training_parser("What it does.", Settings, PRESETS_OF_SETTINGS)
    parser.add_argument("--measure", metavar="FILE")
    return parse(
        parser, Settings, PRESETS_OF_SETTINGS, list(argv), {"measure": ("steps",)}
    )


def test_a_script_may_add_actions_that_read_some_settings():
    arguments, settings = further("--measure", "a.npz", "--steps", "7")
    assert (arguments.measure, settings.steps) == ("a.npz", 7)
    with pytest.raises(ValueError, match="got --learning-rate with --measure"):
        further("--measure", "a.npz", "--learning-rate", "1")
    with pytest.raises(ValueError, match="--measure stands alone; got --train, --me"):
        further("--train", "--measure", "a.npz")


def test_an_action_of_the_script_is_named_where_there_is_nothing_to_do(capsys):
    with pytest.raises(ValueError, match="give --train, --resume, --eval, --predict"):
        further("--steps", "7")
    assert capsys.readouterr().err.startswith("usage: ")


def of_command_line(*argv):
    """The configuration of a clustering's command line."""
    parser = build_parser()
    return parse(parser, Configuration, PRESETS, ["--train", *argv])[1]


def test_a_kind_changes_the_defaults():
    photographs = of_command_line().of_kind("photographs")
    assert photographs.kind == "photographs"
    assert photographs.area == 0.5 and photographs.flip and photographs.bars == 0
    assert of_command_line().of_kind("overhead").rotation == 180
    strokes = of_command_line().of_kind("strokes")
    assert strokes == dataclasses.replace(Configuration(), kind="strokes")


def test_a_kind_leaves_what_was_chosen_even_where_it_is_the_default():
    chosen = of_command_line("--width", "0.5", "--no-flip", "--epochs", "3")
    photographs = chosen.of_kind("photographs")
    assert (photographs.width, photographs.flip, photographs.epochs) == (0.5, False, 3)
    assert photographs.area == 0.5


def test_a_kind_leaves_what_is_no_default():
    assert Configuration(rotation=90.0).of_kind("photographs").rotation == 90


@pytest.mark.parametrize("preset", ["paper", "chapter"])
def test_the_presets_of_the_sources_have_their_own_perturbation(preset):
    configuration = of_command_line("--preset", preset)
    assert configuration.of_kind(configuration.kind) == configuration


def test_a_configuration_of_a_kind_is_the_same_when_it_is_read_again():
    photographs = of_command_line("--zoom", "1.0").of_kind("photographs")
    again = Configuration(**dataclasses.asdict(photographs))
    assert again.of_kind(again.kind) == photographs


def test_random_crops_are_compared_with_the_whole_image():
    assert Configuration().crop_size((28, 28, 1)) == (24, 24)
    photographs = Configuration().of_kind("photographs")
    assert photographs.crop_size((28, 28, 1)) == (28, 28)
    assert dataclasses.replace(photographs, crop=20).crop_size((28, 28, 1)) == (20, 20)
