"""Search among clips by a query: its options, and what it writes."""

import pathlib

import numpy as np

from infomax.cli.tables import percent, search_table
from infomax.datasets.clips import find_clips, load_clip
from infomax.datasets.foreign_files import read_index
from infomax.evaluation.retrieval import Index, mean_average_precision
from infomax.files import replacing
from infomax.plots.retrieval import retrieved_items

SHOWN_ITEMS = 20  # in the figure; the table has all
QUERIES = 1000  # test images that are queries for the mean average precision


def search(run, encode, query, folder, count):
    """Write the clips nearest to a query as table and figure; return text to print."""
    image_shape = run.image_shape
    frames, paths = load_clip(query, image_shape), find_clips(folder)
    vectors = indexed(run, paths, lambda path: encode(load_clip(path, image_shape)))
    nearest, cosines = Index(vectors).nearest(encode(frames), count)
    found = [
        (paths[item].name, load_clip(paths[item], image_shape), cosine)
        for item, cosine in zip(nearest, cosines, strict=True)
    ]
    rows = [
        {"rank": rank, "item": name, "cosine": f"{cosine:.4f}"}
        for rank, (name, _, cosine) in enumerate(found, 1)
    ]
    figure = retrieved_items(pathlib.Path(query).name, frames, found[:SHOWN_ITEMS])
    path = run.write_figure("retrieved", figure)
    run.write_rows("retrieved", rows)
    return f"{search_table(rows)}\n{path}"


def indexed(run, paths, encode):
    """Return the vector of each path; only new or changed ones are encoded."""
    stamps = [
        f"{path.resolve()} {path.stat().st_mtime_ns} {run.network_stamp}"
        for path in paths
    ]
    known = read_index(run.index)
    vectors = [
        known[stamp] if stamp in known else encode(path)
        for stamp, path in zip(stamps, paths, strict=True)
    ]
    sizes = sorted({len(vector) for vector in vectors})
    if len(sizes) > 1:
        raise ValueError(
            f"{run.index}: got vectors of {sizes} numbers, expected one size; delete "
            "it, and it is made again"
        )
    with replacing(run.index) as temporary:
        np.savez(temporary, stamps=np.array(stamps), vectors=np.stack(vectors))
    return np.stack(vectors)


def report_precision(run, vectors, labels):
    """Report how well vectors (n, d) find images of the same class, given labels."""
    precision = None
    if labels is not None:
        precision = mean_average_precision(vectors, labels, QUERIES)
    if precision is not None:
        print(
            "search for test images of the same class: mean average precision "
            f"{percent(precision)}"
        )
    run.write_metrics(run.metrics | {"mean_average_precision": precision})
