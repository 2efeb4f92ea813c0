"""`infomax.mutual_information`: kinds of columns, the choice, and what is refused."""

import math
import types

import numpy as np
import pytest

import infomax
from infomax.distributions.normal import bivariate_normal
from infomax.estimators import Gaussian, Neural
from infomax.estimators.columns import columns_of
from infomax.estimators.measure import choice

X, Y = bivariate_normal(0.6).sample(300, 0)
TRUTH = -0.5 * math.log(1 - 0.36)


class Frame:
    """The part of a data frame that is used: columns, and `iloc` by position."""

    def __init__(self, **columns):
        self.columns = list(columns)
        self.iloc = types.SimpleNamespace()
        parts = list(columns.values())
        self.iloc = type("Rows", (), {"__getitem__": lambda _, at: parts[at[1]]})()


def test_one_dimension_is_one_column_and_lists_are_taken():
    found = infomax.mutual_information(X[:, 0], Y[:, 0].tolist())
    assert found == infomax.mutual_information(X, Y)
    assert found.low < TRUTH < found.high
    assert found.method == "mixed: 300 rows, fewer than the 1000 that a critic needs"
    assert found.p_value is None


def test_data_frame_has_columns_of_numbers_and_of_words():
    words = np.where(X[:, 0] > 0, "tall", "short")
    frame = Frame(height=X[:, 0], word=words)
    columns = columns_of(frame, "x")
    np.testing.assert_array_equal(columns.is_category, [False, True])
    assert infomax.mutual_information(frame, Y).value == pytest.approx(TRUTH, abs=0.2)


def test_bits_are_nats_over_ln_2():
    nats = infomax.mutual_information(X, Y, test=True)
    assert nats.in_bits.unit == "bits"
    for name in ("value", "low", "high"):
        expected = getattr(nats, name) / math.log(2)
        assert getattr(nats.in_bits, name) == pytest.approx(expected)
    assert nats.in_bits.p_value == nats.p_value == 0.001
    assert nats.in_bits.in_bits == nats.in_bits


COLUMNS = {
    "mine": (np.arange(2000.0), np.arange(2000.0)[::-1] ** 2, None),
    "mixed": (np.arange(2000) % 7, np.arange(2000.0), None),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_default_follows_from_the_columns(name):
    x, y, _ = COLUMNS[name]
    assert choice(columns_of(x, "x"), columns_of(y, "y"))[0] == name


def test_many_continuous_columns_are_held_fixed_by_critics():
    generator = np.random.default_rng(0)
    x, y, given = (columns_of(generator.random((2000, d)), "x") for d in (1, 1, 3))
    assert choice(x, y, given)[0] == "mine"
    one = columns_of(given.values[:, :1], "given")
    assert choice(x, y, one)[0] == "mixed"


def fork(count, generator):
    given = generator.standard_normal((count, 3))
    x, y = (
        0.8 * given[:, :1] + 0.6 * generator.standard_normal((count, 1))
        for _ in range(2)
    )
    return x, y, given


def test_gaussian_estimate_given_columns_is_that_of_partial_correlations():
    x, y, given = fork(2000, np.random.default_rng(0))
    found = infomax.mutual_information(x, y, given, estimator="gaussian")
    assert found.value == pytest.approx(0, abs=0.01)
    assert found.low < 0 < found.high
    y = y + x
    joint = np.linalg.inv(np.cov(np.hstack([x, y, given]).T))
    partial = -joint[0, 1] / math.sqrt(joint[0, 0] * joint[1, 1])
    found = Gaussian(correct_bias=False).estimate_given(x, y, given)
    assert found.value == pytest.approx(-0.5 * math.log(1 - partial**2))


def test_constant_columns_that_are_given_change_nothing():
    x, y = bivariate_normal(0.6).sample(200, 0)
    given = np.ones((200, 1))
    assert Gaussian().estimate_given(x, y, given) == Gaussian().estimate_with_info(x, y)


@pytest.mark.slow
def test_critics_of_one_fork_differ_by_nothing():
    x, y, given = fork(3000, np.random.default_rng(0))
    found = Neural(folds=2, epochs=5).estimate_given(x, y, given)
    assert found.value == pytest.approx(0, abs=0.03)
    assert found.low < 0 < found.high


def test_information_of_a_variable_and_itself_is_infinite():
    found = infomax.mutual_information(np.hstack([X, Y]), Y)
    assert math.isinf(found.value)
    assert "have the same numbers" in found.warnings[0]


def test_column_and_a_function_of_it_have_no_upper_end():
    found = infomax.mutual_information(X, X[:, 0] ** 2 + np.sin(3 * X[:, 0]))
    assert found.low < found.value < found.high == math.inf
    assert "the interval has no upper end" in found.warnings[0]
    found = infomax.mutual_information(X, X**3)  # subsets all have the same value
    assert found.low is found.high is None
    assert "even infinite" in found.warnings[0]


def test_rounded_series_have_a_warning():
    walks = np.random.default_rng(0).standard_normal((800, 2)).cumsum(axis=0).round()
    for one, other in (walks.T, walks.T[::-1]):
        found = infomax.mutual_information(one, other)
        assert any("as in a series" in warning for warning in found.warnings)


def test_rare_combinations_of_categories_have_a_warning_and_a_ceiling():
    names = np.arange(300).astype(str)
    found = infomax.mutual_information(names, names)
    assert found.value <= math.log(300)
    assert found.low is None
    assert "300 combinations of categories" in found.warnings[0]
    few = infomax.mutual_information(np.arange(300) % 3 > 0, np.arange(300) % 2 > 0)
    assert not few.warnings


def test_words_that_spell_a_number_are_not_that_number():
    found = infomax.mutual_information(range(20), [f"{i:03d}" for i in range(20)])
    assert math.isfinite(found.value)


def test_variable_that_is_given_leaves_nothing():
    for estimator in ("auto", "gaussian"):
        found = infomax.mutual_information(X, Y, given=Y, estimator=estimator)
        assert found.value == pytest.approx(0, abs=0.05)


def test_many_columns_with_one_binary_are_estimated_by_critics():
    values = np.random.default_rng(0).standard_normal((5000, 10))
    values[:, 0] = values[:, 0] > 0
    pair = columns_of(values[:, :5], "x"), columns_of(values[:, 5:], "y")
    assert choice(*pair)[0] == "mine"


def test_columns_of_pandas_have_their_kinds():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "number": pandas.array([1, 2, 3], "Int64"),
            "flag": pandas.array([True, False, True], "boolean"),
            "word": pandas.array(["u", "v", "u"], "string"),
            "code": pandas.Categorical([3, 1, 3]),
        }
    )
    found = columns_of(frame, "x")
    np.testing.assert_array_equal(found.is_category, [False, True, True, True])
    np.testing.assert_array_equal(found.values[:, 3], [1, 0, 1])
    frame.loc[1, "word"] = None
    with pytest.raises(ValueError, match=r"x\['word'\]: got 1 missing values of 3"):
        columns_of(frame, "x")


WRONG = {
    "missing": (
        (["a", None, "b"] * 9, range(27)),
        "x: got 9 missing values of 27, exp",
    ),
    "nan": (([1.0, math.nan] * 9, range(18)), "got NaN or infinite values in 9 of 18"),
    "rows": ((range(20), range(19)), "got 20, 19 rows, expected equally many"),
    "few": ((range(4), range(4)), "got 4 rows, expected 5 or more"),
    "kind": (([{}] * 9, range(9)), "x: got values of type dict, expected"),
    "none": (([], []), "got shape"),
    "nan word": ((["a", math.nan] * 9, range(18)), "x: got 9 missing values of 18"),
    "large": (([10**400] * 9, range(9)), "x: got values of type int"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_columns_are_refused(name):
    pair, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        infomax.mutual_information(*pair)


def test_wrong_arguments_are_refused():
    with pytest.raises(
        ValueError, match="estimator: got 'magic', expected one of auto"
    ):
        infomax.mutual_information(X, Y, estimator="magic")
    with pytest.raises(ValueError, match="test: got True with given"):
        infomax.mutual_information(X, Y, X, test=True)
