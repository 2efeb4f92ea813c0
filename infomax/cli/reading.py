"""What the command line says on the reading of data, and prints of it."""

import sys

from infomax.datasets.reading import Reading, described

# The options of `DataOptions` that also apply when a run is only read.
OPTIONS = ("pixel_low", "pixel_high", "skip_unreadable")


def reading_of(options):
    """Return the `Reading` of a training: in the range that the options give."""
    data = options.data
    known = _range(data.pixel_low, data.pixel_high)
    return Reading(known or "auto", data.skip_unreadable)


def note_given(run, arguments):
    """Keep the options of a command line that apply when the run is only read."""
    given = vars(arguments)
    run.given = {name: given[name] for name in (*OPTIONS, "plane") if name in given}
    if set(OPTIONS) & set(run.given) and arguments.resume:
        raise ValueError(
            f"{next(iter(run.given))}: given with --resume, where it would change the "
            "images that the run began with; leave it out, or train again"
        )


def reading_of_run(run):
    """Return the `Reading` of a run: in the range that it was trained on."""
    options = {**run.config["configuration"], **run.given}
    low, high = (float(options.get(name, 0)) for name in OPTIONS[:2])
    return Reading(_range(low, high), bool(options.get("skip_unreadable")))


def _range(low, high):
    """Return the pair, or None if the options leave both at 0."""
    return None if low == high else (low, high)


def as_options(reading):
    """Return the range of a `Reading` as options, for a run's configuration."""
    if not isinstance(reading.pixel_range, tuple):
        return {}
    return dict(zip(OPTIONS, reading.pixel_range, strict=False))


def announce(dataset):
    """Print one line on a data set; what is wrong with it, to standard error."""
    line, *complaints = described(dataset)
    print(line)
    for complaint in complaints:
        print(f"warning: {complaint}", file=sys.stderr)


def list_unreadable(run, reading, name="unreadable"):
    """Write the names of files that could not be read into the run folder."""
    run.remove(f"{name}.txt")  # that of an earlier command
    if reading.unreadable:
        run.write_text(f"{name}.txt", "\n".join(reading.unreadable) + "\n")


def load_images(run, path, image_shape=None):
    """Return images to predict from and their names; print what was left out."""
    from infomax.datasets import load_images as load

    reading = reading_of_run(run)
    images, names = load(path, image_shape or run.image_shape, reading)
    report_left_out(run, path, reading)
    return images, names


def report_left_out(run, path, reading):
    """Print what was left out of the images to predict from, to standard error."""
    if reading.left_out or reading.unreadable:
        print(f"{path}: {'; '.join(reading.remarks())}", file=sys.stderr)
    list_unreadable(run, reading, "unreadable-predict")
