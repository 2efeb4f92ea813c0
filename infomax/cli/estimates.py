"""Estimates of continuous variables: options of the command line, and tables."""

import csv
import dataclasses
import math
import time

from infomax.estimators import ESTIMATORS, Estimate, Histogram
from infomax.estimators.measure import CHOICES
from infomax.estimators.named import estimate_by
from infomax.estimators.samples import SCALINGS

CORRELATION, SAMPLES, FEWEST_SAMPLES = 0.5, 40_000, 400
HISTOGRAM_SAMPLES = 1_000_000
HISTOGRAM_BINS = 200  # fewer lose information at ρ = 0.99, more have a bias at ρ = 0
FIXED = "what is held fixed, for the conditional information"
FLAGS = {
    "pairs": "all pairs of the columns --x, or of all columns; writes a table and a "
    "figure to --run-dir",
    "test": "also test independence, by permuting rows",
    "drop-missing": "leave out rows with missing values",
    "bits": "in bits, not nats",
    "json": "print one line of JSON",
}
# The actions, and the options of a training that they read.
ACTIONS = {"gaussian": ("seed", "run_dir"), "estimate": ("seed", "run_dir")}
TABLES = (".csv", ".tsv", ".parquet")
# The options that only one of the actions reads.
OF_TABLES = "x", "y", "given", "pairs", "lag", "test", "drop_missing", "bits", "json"
READ_BY = {
    "gaussian": ("cov_xy", "samples"),
    "estimate": ("estimator", "scaling", *OF_TABLES),
}


def add_estimate_options(parser):
    """Add `--gaussian`, `--estimate` and their options to an `ArgumentParser`."""
    numbers = parser.add_argument_group("estimates of continuous variables")
    numbers.add_argument(
        "--gaussian", action="store_true", help="two normal variables, in three ways"
    )
    numbers.add_argument(
        "--cov-xy",
        type=float,
        metavar="RHO",
        help=f"their correlation (default: {CORRELATION})",
    )
    numbers.add_argument(
        "--samples",
        type=int,
        help=f"pairs for MINE, {FEWEST_SAMPLES} or more (default: {SAMPLES})",
    )
    numbers.add_argument(
        "--estimate",
        metavar="FILE",
        help="the information between columns of a .csv, .parquet or .npz file; of a "
        ".npz file without --x and --y, between its arrays x and y",
    )
    for name, what in (("x", "one side"), ("y", "the other side"), ("given", FIXED)):
        numbers.add_argument(
            f"--{name}",
            type=names_of,
            metavar="NAME,…",
            help=f"names of the columns of {what}",
        )
    numbers.add_argument(
        "--lag",
        type=int,
        metavar="ROWS",
        help="rows are a series: --y up to this many rows later or earlier",
    )
    for name, what in FLAGS.items():
        numbers.add_argument(f"--{name}", action="store_const", const=True, help=what)
    numbers.add_argument(
        "--estimator",
        choices=(*CHOICES, "all"),
        help="which estimator --estimate uses (default: mine, or with --x, auto)",
    )
    numbers.add_argument(
        "--scaling",
        choices=SCALINGS,
        help="how --estimate scales the columns (default: each estimator's own)",
    )


def names_of(text):
    """Return the names of a list such as 'height,"w, kg"'."""
    (names,) = csv.reader([text], skipinitialspace=True)
    return [name.strip() for name in names if name.strip()]


def check_estimate_options(arguments):
    """Raise ValueError for a wrong value, or for an option without its action."""
    for action, names in READ_BY.items():
        for name in names:
            if getattr(arguments, name) is not None and not getattr(arguments, action):
                raise ValueError(
                    f"--{name.replace('_', '-')} belongs to --{action}; give that too"
                )
    if arguments.cov_xy is not None and not -1 < arguments.cov_xy < 1:
        raise ValueError(
            f"--cov-xy: got {arguments.cov_xy}, expected a number between -1 and 1; at "
            "±1 the information is infinite"
        )
    if arguments.samples is not None and arguments.samples < FEWEST_SAMPLES:
        raise ValueError(
            f"--samples: got {arguments.samples}, expected {FEWEST_SAMPLES} or more"
        )


def estimate_normal(simple, options, arguments):
    """Print estimates for two normal variables; `simple` is a new `SimpleMINE`."""
    from infomax.cli.run_folder import RunFolder
    from infomax.cli.tables import ESTIMATE_HEADING, estimate_row
    from infomax.distributions.normal import bivariate_normal
    from infomax.plots.estimates import fit_figure

    run = RunFolder(options.run.run_dir or "runs/mine-gaussian")
    seed, samples = options.training.seed, arguments.samples or SAMPLES
    distribution = bivariate_normal(
        CORRELATION if arguments.cov_xy is None else arguments.cov_xy
    )
    truth = distribution.mutual_information
    print(ESTIMATE_HEADING)
    print(estimate_row("closed form", Estimate(truth), None))
    start = time.perf_counter()
    histogram = Histogram(bins=HISTOGRAM_BINS).estimate_with_info(
        *distribution.sample(HISTOGRAM_SAMPLES, (seed, 0))
    )
    seconds = time.perf_counter() - start
    print(estimate_row(f"histogram of {HISTOGRAM_SAMPLES:.0e}", histogram, seconds))
    x, y = (
        values.astype("float32") for values in distribution.sample(samples, (seed, 1))
    )
    # Half of the samples train, a quarter validates, the last gives the estimate.
    half, end = samples // 2, samples - samples // 4
    start = time.perf_counter()
    history = simple.fit((x[:half], y[:half]), (x[half:end], y[half:end]))
    curve = history.history["val_information"]
    estimate = dataclasses.replace(simple.estimate(x[end:], y[end:]), curve=curve)
    seconds = time.perf_counter() - start
    print(estimate_row(f"MINE of {samples}", estimate, seconds))
    steps = math.ceil(half / 256)
    print(run.write_figure("gaussian", fit_figure(estimate, truth, steps)))


def estimate_file(options, arguments):
    """Print estimates of the information between columns of a file."""
    table = arguments.estimate.lower().endswith(TABLES)
    if table or any(getattr(arguments, name) is not None for name in OF_TABLES):
        from infomax.cli import table_estimates

        table_estimates.estimate_table(options, arguments)
        return
    from infomax.cli.tables import ESTIMATE_HEADING, estimate_row
    from infomax.datasets.paired_samples import read_npz_pair

    x, y = read_npz_pair(arguments.estimate)
    names = [arguments.estimator or "mine"]
    names = list(ESTIMATORS) if names == ["all"] else names
    if names[0] not in ESTIMATORS:
        raise ValueError(f"--estimator: got {names[0]}, which needs --x and --y")
    rows = estimate_by(names, x, y, options.training.seed, arguments.scaling)
    for index, (name, estimate, seconds) in enumerate(rows):
        if index == 0:  # not earlier: the samples may be refused
            print(ESTIMATE_HEADING)
        print(estimate_row(name, estimate, seconds), flush=True)
