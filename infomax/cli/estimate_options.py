"""The options of mine.py that estimate the information of continuous variables."""

from infomax.estimators import ESTIMATORS
from infomax.estimators.samples import SCALINGS

SAMPLES, FEWEST_SAMPLES = 40_000, 400


def add_estimate_options(parser):
    """Add --gaussian, --estimate, and what belongs to them.

    Args:
        parser: `argparse.ArgumentParser`, changed in place.
    """
    numbers = parser.add_argument_group("estimates of continuous variables")
    numbers.add_argument(
        "--gaussian", action="store_true", help="two normal variables, in three ways"
    )
    numbers.add_argument(
        "--cov-xy", type=float, metavar="RHO", help="their correlation (default: 0.5)"
    )
    numbers.add_argument(
        "--samples",
        type=int,
        help=f"pairs for MINE, {FEWEST_SAMPLES} or more (default: {SAMPLES})",
    )
    numbers.add_argument(
        "--estimate", metavar="FILE.npz", help="of its arrays x and y, rows paired"
    )
    numbers.add_argument(
        "--estimator", choices=(*ESTIMATORS, "all"), help="for --estimate (mine)"
    )
    numbers.add_argument(
        "--scaling", choices=SCALINGS, help="for --estimate (each estimator's own)"
    )


def refuse_stray(arguments):
    """Refuse options of --gaussian or --estimate that stand without it.

    Args:
        arguments: `argparse.Namespace`.

    Raises:
        ValueError: names the option, or says which value is wrong.
    """
    belong = {
        "gaussian": ("cov_xy", "samples"),
        "estimate": ("estimator", "scaling"),
    }
    for action, names in belong.items():
        for name in names:
            if getattr(arguments, name) is not None and not getattr(arguments, action):
                option = name.replace("_", "-")
                raise ValueError(f"--{option} belongs to --{action}; give that as well")
    if arguments.cov_xy is not None and not -1 < arguments.cov_xy < 1:
        raise ValueError(
            f"--cov-xy: got {arguments.cov_xy}, expected a number between -1 and 1; at "
            "±1 the information is infinite"
        )
    if arguments.samples is not None and arguments.samples < FEWEST_SAMPLES:
        raise ValueError(
            f"--samples: got {arguments.samples}, expected {FEWEST_SAMPLES} or more"
        )
