"""What a segmentation run writes: scores, pictures, and segmented image files."""

import collections
import contextlib
import pathlib
import warnings

import numpy as np
from PIL import Image

from infomax.cli.reading import reading_of_run, report_left_out
from infomax.cli.tables import PIXEL_SCORES, segment_table
from infomax.datasets.earth import read_earth
from infomax.datasets.finding import find_images, is_image_file
from infomax.datasets.headers import Headers, common_image_shape
from infomax.datasets.image_files import decode_images
from infomax.datasets.reading import Reading
from infomax.evaluation.segments import baselines, score_heads
from infomax.files import replacing
from infomax.plots.segments import palette, segment_gallery, whole_picture
from infomax.transforms.tiles import segment

SHOWN = 6  # test images in a figure
COLORS = 256  # of a palette
LARGEST = 120_000_000  # pixels of an image file; segmenting it takes about 4 GB
OF_LABELS = (*PIXEL_SCORES, "nmi", "classes", "baselines")


def report_segments(run, dataset, predict):
    """Score every head, write metrics and a figure; return a table, or None."""
    # `predict` maps images to a list of each head's clusters (n, height, width).
    metrics = run.metrics
    selected = run.selected_head()
    counts = [head["clusters"] for head in metrics["heads"]]
    # Scores of an earlier data set would stand beside the name of this one.
    for scored in (metrics, *metrics["heads"]):
        for name in OF_LABELS:
            scored.pop(name, None)
    metrics["evaluated_on"] = dataset.name
    text = None
    if dataset.y_test is not None:
        scores, assignments = score_heads(dataset, predict, counts)
        metrics |= scores[selected]
        metrics["assignment"] = assignments[selected].tolist()
        metrics["class_names"] = list(dataset.class_names)
        for head, own in zip(metrics["heads"], scores, strict=True):
            as_classes = head["clusters"] == counts[selected]
            head.update(own if as_classes else {"many_to_one": own["many_to_one"]})
        if dataset.y_train is not None:
            metrics["baselines"] = baselines(dataset, counts[selected], metrics["seed"])
        text = segment_table(metrics)
    run.write_metrics(metrics)
    _write_gallery(run, dataset, lambda images: predict(images)[selected])
    return text


def _write_gallery(run, dataset, predict):
    """Draw some test images with their predicted and their true classes."""
    chosen = np.linspace(0, len(dataset.x_test) - 1, min(SHOWN, len(dataset.x_test)))
    chosen = chosen.astype(int)
    images, truths, names = dataset.x_test[chosen], None, ()
    shown = predict(images)
    if dataset.y_test is not None:
        metrics = run.metrics
        shown = np.array(metrics["assignment"])[shown]
        truths, names = dataset.y_test[chosen], metrics["class_names"]
    run.write_figure("segments", segment_gallery(images, shown, truths, names))


def write_globe(run, network, side):
    """Draw the class of each pixel of the whole earth, in tiles of `side` pixels."""
    globe, _ = read_earth()
    classes = segment(tile_predictor(run, network), globe, side)
    names = run.metrics["class_names"]
    figure = whole_picture(globe[::4, ::4], classes[::4, ::4], names)
    run.write_figure("globe", figure)


def segment_files(run, network, path, out):
    """Segment image files of any size by a head's network; return their number."""
    height, side, channels = run.image_shape
    if channels not in (1, 3) or height != side:
        raise ValueError(
            f"--predict: got {run.path}, which was trained on images of shape "
            f"{run.image_shape}, expected squares with 1 or 3 channels"
        )
    predict, reading = tile_predictor(run, network), reading_of_run(run)
    count = write_segmented(
        pathlib.Path(path),
        pathlib.Path(out),
        channels,
        lambda image: segment(predict, image, side),
        reading,
    )
    report_left_out(run, path, reading)
    return count


def tile_predictor(run, network):
    """Return a function from tiles to classes, or to clusters if no label is known."""
    assignment = run.metrics.get("assignment")

    def predict(tiles):
        clusters = np.asarray(network.predict_on_batch(tiles)).argmax(axis=-1)
        return clusters if assignment is None else np.asarray(assignment)[clusters]

    return predict


def write_segmented(path, out, channels, segment, reading=None):
    """Write a palette PNG per image of a file or folder; return their number."""
    # `segment` maps a uint8 image (height, width, channels) to classes 0…255.
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out: got the file {out}, expected a folder or a new name")
    paths = [path] if is_image_file(path) else find_images(path, reading)
    folder = path.parent if paths == [path] else path
    names = [image.relative_to(folder).with_suffix(".png") for image in paths]
    name, count = collections.Counter(names).most_common(1)[0]
    if count > 1:
        raise ValueError(
            f"--predict: got several images that would become {name}, expected names "
            "that differ in more than the suffix; rename one"
        )
    originals = {image.resolve() for image in paths}
    for name in names:
        if (out / name).resolve() in originals:
            raise ValueError(
                f"--out: got {out}, where {name} is one of the images, expected "
                "another folder; it would be overwritten"
            )
    whole = [out / name for name in names]
    reading = reading or Reading(pixel_range=None)
    return _segment_all(paths, whole, channels, segment, reading)


def _segment_all(paths, outs, channels, segment, reading):
    """Write the PNG of each image; return their number."""
    headers, skipping = Headers(), reading.skip_unreadable
    with _large_images():
        for path in paths:
            headers.read(path)
        if not skipping:
            headers.check(len(paths))
        for path, out in zip(paths, outs, strict=True):
            if path in headers.unreadable:
                continue
            with headers.noting(path) if skipping else contextlib.nullcontext():
                size = common_image_shape([path])[:2]
                shape = (*size, channels)
                pixels = decode_images([path], shape, reading.pixel_range)[0]
                _write_palette_png(segment(pixels), out)
    reading.unreadable = headers.names()
    return len(paths) - len(headers.unreadable)


def _write_palette_png(classes, out):
    picture = Image.fromarray(classes.astype("uint8"))
    picture.putpalette(np.rint(255 * palette(COLORS)).astype("uint8").tobytes())
    with replacing(out.resolve()) as temporary:  # a link is written through
        picture.save(temporary)


@contextlib.contextmanager
def _large_images():
    """Let Pillow read images of up to `LARGEST` pixels, and no larger ones."""
    # Pillow warns of more than its limit, and refuses more than twice as many.
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, LARGEST // 2
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before
