"""The scikit-learn clusterer: its contract, its clusters, its errors."""

import functools
import inspect
import pickle
import random
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score, mutual_info_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

import infomax
import number_of_clusters
from infomax import InformationClusterer
from infomax.cli.clustering_options import MERGED_VECTORS, VECTORS
from infomax.clustering.compactness import gain_by_merging
from infomax.clustering.neighbours import nearest_neighbours
from information_clusterer import neighbour_information
from unsupervised_clustering import IIC

ROOT = Path(__file__).parents[1]
CENTRES = 6 * np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
# Of those without many trainings: what scikit-learn expects of arguments and of input.
CHECKS = """no_attributes_set_in_init estimators_unfitted mixin_order
    parameters_default_constructible get_params_invariance set_params
    estimator_cloneable fit2d_1sample fit2d_1feature fit1d complex_data
    estimators_empty_data_messages estimator_sparse_tag n_features_in_after_fitting
    methods_subset_invariance""".split()


@pytest.fixture(autouse=True, scope="module")
def short_epochs():
    """Few steps per epoch: enough for blobs. Compiling takes longer than steps."""
    compile_ = functools.partialmethod(keras.Model.compile, run_eagerly=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IIC, "compile", compile_, raising=False)
        for values in (VECTORS, MERGED_VECTORS):
            patch.setitem(values, "epoch_steps", 4)
        yield


@pytest.fixture(scope="module")
def blobs():
    """150 rows of three Gaussians in four dimensions, and their numbers."""
    return make_blobs(150, centers=CENTRES, random_state=0)


def small(n_clusters=3, **arguments):
    arguments = {"n_heads": 2, "epochs": 5, "random_state": 0} | arguments
    return InformationClusterer(n_clusters, **arguments)


@pytest.fixture(scope="module")
def fitted(blobs):
    return small().fit(blobs[0])


@pytest.mark.slow
def test_check_estimator_of_scikit_learn_passes():
    clusterer = InformationClusterer(n_clusters=3, n_heads=2, epochs=5)
    estimator_checks.check_estimator(clusterer)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_scikit_learn_check_passes(name):
    check = getattr(estimator_checks, f"check_{name}")
    check("InformationClusterer", small())


def test_default_arguments_are_those_of_the_command_line():
    defaults = InformationClusterer().get_params()
    for name in ("epochs", "batch_size"):
        assert defaults[name] == VECTORS[name]
    assert defaults["n_neighbors"] == 20 and defaults["n_clusters"] == 10


def test_blobs_are_found_exactly(fitted, blobs):
    assert adjusted_rand_score(blobs[1], fitted.labels_) == 1
    assert fitted.labels_.dtype == "int64" and not fitted.merged_
    np.testing.assert_equal(fitted.predict(blobs[0]), fitted.labels_)


def test_fit_predict_returns_labels_and_the_same_for_the_same_seed(fitted, blobs):
    other = small()
    np.testing.assert_equal(other.fit_predict(blobs[0], blobs[1]), fitted.labels_)
    same = other.predict_proba(blobs[0])
    np.testing.assert_equal(same, fitted.predict_proba(blobs[0]))


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_predictions_take_any_real_numbers(fitted, blobs, dtype):
    X = blobs[0].astype(dtype)
    assert adjusted_rand_score(blobs[1], fitted.predict(X)) > 0.9


@pytest.mark.slow
def test_probabilities_are_those_of_the_network(blobs):
    made = []
    fit = InformationClusterer._train
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            InformationClusterer,
            "_train",
            lambda self, vectors: made.append(fit(self, vectors)) or made[0],
        )
        clusterer = small(merging=True).fit(blobs[0])
    (iic,) = made
    assert clusterer.merged_
    found, expected = clusterer.predict_proba(blobs[0]), iic.predict(blobs[0])
    np.testing.assert_allclose(found.sum(axis=1), 1)
    order = np.argsort(
        -np.bincount(expected.argmax(axis=1), minlength=3), kind="stable"
    )
    np.testing.assert_allclose(found, expected[:, order], atol=1e-5)
    directions = clusterer.assignment_.directions(blobs[0])
    np.testing.assert_allclose(directions, iic.backbone.encode(blobs[0]), atol=1e-5)


@pytest.mark.slow
def test_clusters_are_numbered_by_size(blobs):
    X = np.concatenate([blobs[0], blobs[0][blobs[1] == 2]])
    sizes = np.bincount(small(n_neighbors=10).fit_predict(X))
    assert sizes.tolist() == [100, 50, 50]


def test_number_of_clusters_is_found(monkeypatch):
    quick = number_of_clusters.OF_VECTORS | {"epochs": 2, "heads": 2, "epoch_steps": 8}
    monkeypatch.setattr(number_of_clusters, "OF_VECTORS", quick)
    X, classes = make_blobs(600, centers=CENTRES, random_state=0)
    clusterer = small("auto").fit(X)
    assert clusterer.n_clusters_ == 3
    assert adjusted_rand_score(classes, clusterer.labels_) > 0.9


def test_rows_without_distinct_clusters_are_one_cluster(monkeypatch):
    quick = number_of_clusters.OF_VECTORS | {"epochs": 1, "heads": 2, "epoch_steps": 4}
    monkeypatch.setattr(number_of_clusters, "OF_VECTORS", quick)
    X = np.random.default_rng(0).normal(size=(600, 300))
    clusterer = small("auto").fit(X)
    assert clusterer.n_clusters_ == 1
    assert not clusterer.labels_.any()


def test_few_rows_are_not_merged_unless_asked_for(blobs):
    directions = blobs[0] / np.linalg.norm(blobs[0], axis=1, keepdims=True)
    neighbours = nearest_neighbours(directions, 5)
    assert gain_by_merging(directions, neighbours, clusters=3) == 0
    assert gain_by_merging(np.ones((150, 4)), neighbours, clusters=3) == 0


def test_one_cluster_has_all_rows_and_no_information(blobs):
    clusterer = small(1).fit(blobs[0])
    assert (clusterer.predict_proba(blobs[0]) == 1).all()
    assert clusterer.score(blobs[0]) == 0


@pytest.mark.slow
def test_pointwise_objective_finds_blobs(blobs):
    found = small(objective="pointwise").fit_predict(blobs[0])
    assert adjusted_rand_score(blobs[1], found) == 1


def test_neighbour_information_equals_that_of_scikit_learn_for_hard_clusters():
    generator = np.random.default_rng(0)
    clusters = generator.integers(3, size=60)
    neighbours = generator.integers(60, size=(60, 4))
    first, second = np.repeat(clusters, 4), clusters[neighbours].ravel()
    both = np.concatenate([first, second]), np.concatenate([second, first])
    found = neighbour_information(np.eye(3)[clusters], neighbours)
    assert found == pytest.approx(mutual_info_score(*both))


def test_score_is_higher_than_that_of_shuffled_clusters(fitted, blobs):
    X = blobs[0]
    neighbours = nearest_neighbours(fitted.assignment_.directions(X), 20)
    shuffled = np.random.default_rng(0).permutation(fitted.predict_proba(X))
    score = fitted.score(X)
    assert neighbour_information(shuffled, neighbours) < 0.1 < 0.8 < score <= np.log(3)
    assert score == neighbour_information(fitted.predict_proba(X), neighbours)


@pytest.mark.slow
def test_pipeline_scales_and_clusters(blobs):
    X = blobs[0] * [1, 1000, 1, 0.001]
    pipeline = make_pipeline(StandardScaler(), small())
    assert adjusted_rand_score(blobs[1], pipeline.fit_predict(X)) > 0.95
    assert pipeline.predict_proba(X).shape == (150, 3)
    assert 0 < pipeline.score(X) <= np.log(3)


def test_data_frame_gives_names_of_columns(blobs):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(blobs[0], columns=list("abcd"))
    clusterer = small().fit(frame)
    assert clusterer.feature_names_in_.tolist() == list("abcd")
    np.testing.assert_equal(clusterer.predict(frame), clusterer.labels_)
    with pytest.raises(ValueError, match="feature names should match"):
        clusterer.predict(frame[list("dcba")])


def test_clone_has_the_arguments_and_is_not_fitted(fitted, blobs):
    other = clone(fitted.set_params(verbose=0))
    assert other.get_params() == fitted.get_params()
    assert list(other.get_params()) == sorted(
        name for name in inspect.signature(InformationClusterer).parameters
    )
    with pytest.raises(NotFittedError):
        other.predict(blobs[0])


def test_pickled_clusterer_predicts_the_same(fitted, blobs):
    other = pickle.loads(pickle.dumps(fitted))
    found, expected = (one.predict_proba(blobs[0]) for one in (other, fitted))
    np.testing.assert_equal(found, expected)


def test_fit_prints_and_writes_nothing_and_keeps_random_states(
    blobs, capfd, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    random.seed(7), np.random.seed(7)
    expected = random.random(), np.random.random()
    random.seed(7), np.random.seed(7)
    small().fit(blobs[0])
    assert (random.random(), np.random.random()) == expected
    assert capfd.readouterr() == ("", "") and not list(tmp_path.iterdir())


@pytest.mark.slow
def test_fit_prints_what_it_does_if_asked(blobs, capsys):
    small(verbose=2).fit(blobs[0])
    text = capsys.readouterr().out
    assert "found 20 neighbours" in text and "Epoch 5/5" in text


@pytest.mark.slow
def test_row_of_zeros_is_clustered(blobs):
    X = np.concatenate([blobs[0], np.zeros((1, 4))])
    assert adjusted_rand_score(blobs[1], small().fit_predict(X)[:-1]) > 0.95


@pytest.mark.slow
def test_more_neighbours_than_rows_are_all_other_rows():
    X = np.random.default_rng(0).normal(size=(12, 3))
    assert set(small(2).fit_predict(X)) <= {0, 1}


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"n_clusters": 0}, "n_clusters: got 0, expected a whole number, 1 or more"),
        ({"n_clusters": "auto"}, "n_clusters: got 'auto' for n_samples=150, expected"),
        ({"n_clusters": "many"}, "n_clusters: got 'many', expected 'auto' or a whole"),
        ({"n_clusters": 151}, "n_clusters: got 151 for n_samples=150"),
        ({"n_neighbors": 0.5}, "n_neighbors: got 0.5, expected a whole number"),
        ({"n_heads": 0}, "n_heads: got 0"),
        ({"epochs": -1}, "epochs: got -1"),
        ({"batch_size": 1}, "batch_size: got 1, expected a whole number, 2 or more"),
        ({"objective": "loss"}, "objective: got 'loss', expected one of information"),
        ({"merging": "always"}, "merging: got 'always', expected one of auto, True"),
        ({"merging": True, "epochs": 1}, "epochs: got 1 with merging=True"),
        ({"merging": True, "n_clusters": 16}, "merging: got True for n_samples=150"),
        ({"verbose": 3}, "verbose: got 3, expected one of 0, 1, 2"),
        ({"random_state": -1}, "random_state: got -1, expected None, 0 to"),
    ],
    ids=str,
)
def test_bad_argument_is_refused_by_fit(blobs, arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        small(**arguments).fit(blobs[0])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda X: X * 0 + 1, "X: got 150 row.s. that are all alike"),
        (lambda X: np.where(X == X[2, 1], np.nan, X), "contains NaN"),
        (lambda X: np.where(X == X[2, 1], 1e300, X), "NaN or infinite"),
        (lambda X: X[:, :1], "1 feature"),
        (lambda X: X[:1], "1 sample"),
    ],
)
def test_bad_rows_are_refused(blobs, change, message):
    with pytest.raises(ValueError, match=message):
        small().fit(change(blobs[0]))


def test_sparse_rows_are_refused_in_one_line(blobs):
    with pytest.raises(TypeError, match="Sparse data was passed") as error:
        small().fit(csr_array(blobs[0]))
    assert "\n" not in str(error.value)


def test_other_number_of_features_is_refused(fitted):
    for method in (fitted.predict, fitted.predict_proba, fitted.score):
        with pytest.raises(ValueError, match="X has 5 features"):
            method(np.ones((3, 5)))


@pytest.mark.slow
def test_infomax_imports_the_clusterer_late_and_says_if_scikit_learn_is_missing():
    code = (
        "import sys; sys.modules['sklearn'] = None; import infomax; "
        "assert 'InformationClusterer' in dir(infomax); "
        "assert 'information_clusterer' not in sys.modules; "
        "infomax.InformationClusterer"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    line = done.stderr.splitlines()[-1]
    assert line.startswith("ImportError: InformationClusterer: got no scikit-learn")
    assert line.endswith("pip install 'scikit-learn>=1.6'")


def test_infomax_has_no_other_late_names():
    with pytest.raises(AttributeError, match="'infomax' has no attribute 'other'"):
        infomax.other  # noqa: B018


@pytest.mark.slow
def test_example_of_the_docstring_runs():
    import doctest

    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(InformationClusterer, globs={})
    assert doctest.DocTestRunner().run(example).failed == 0
    assert len(example.examples) >= 5
