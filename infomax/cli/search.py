"""Search among clips by a query: its options, and what it writes."""

from infomax.cli.latent_report import report_retrieval
from infomax.datasets.clips import find_clips, load_clip
from infomax.evaluation.retrieval import Index, mean_average_precision

QUERIES = 1000  # test images that are queries for the mean average precision


def search(run, encode, query, folder, count):
    """Find the clips of a folder that are nearest to a query.

    Writes `retrieved.csv` and `retrieved.png`, and keeps all vectors in `index.npz`.

    Args:
        run: `RunFolder` of a finished training.
        encode: function from the frames of a clip to its vector.
        query: path of an image, a folder of frames, or an animated image.
        folder: path of the clips to search among.
        count: number of clips to find.

    Returns:
        The table to print.
    """
    image_shape = run.image_shape
    frames, paths = load_clip(query, image_shape), find_clips(folder)
    vectors = run.indexed(paths, lambda path: encode(load_clip(path, image_shape)))
    nearest, cosines = Index(vectors).nearest(encode(frames), count)
    found = [
        (paths[item].name, load_clip(paths[item], image_shape), cosine)
        for item, cosine in zip(nearest, cosines, strict=True)
    ]
    return report_retrieval(run, query, frames, found)


def report_precision(run, vectors, labels):
    """Report how well vectors (n, d) find images of the same class, given labels."""
    precision = None
    if labels is not None:
        precision = mean_average_precision(vectors, labels, QUERIES)
    run.write_metrics(run.metrics | {"mean_average_precision": precision})
    if precision is None:
        return
    print(
        "search for test images of the same class: mean average precision "
        f"{100 * precision:.2f} %"
    )
