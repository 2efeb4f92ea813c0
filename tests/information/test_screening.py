"""Which columns show dependence by themselves."""

import numpy as np

from infomax.information.screening import dependent_columns

X, NOISE = np.random.default_rng(0).normal(size=(2, 2000, 4))


def test_lines_and_parabolas_are_seen():
    y = np.column_stack(
        [X[:, 2] + NOISE[:, 0], NOISE[:, 1], X[:, 0] ** 2 + NOISE[:, 2]]
    )
    of_x, of_y = dependent_columns(X, y)
    np.testing.assert_array_equal(of_x, [True, False, True, False])
    np.testing.assert_array_equal(of_y, [True, False, True])


def test_all_columns_count_if_none_depends():
    of_x, of_y = dependent_columns(X, NOISE[:, :3])
    assert of_x.tolist() == [True] * 4 and of_y.tolist() == [True] * 3


def test_constant_column_is_not_dependent():
    x = X.copy()
    x[:, 1], x[:, 2] = 0.1, NOISE[:, 3]  # 0.1 is rounded, so its mean is another number
    of_x, of_y = dependent_columns(x, (X + 2 * NOISE)[:, :3])
    np.testing.assert_array_equal(of_x, [True, False, False, False])
    np.testing.assert_array_equal(of_y, [True, False, False])
