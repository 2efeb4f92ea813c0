"""One seed for all random numbers, and the versions that a result depends on."""

import random
import sys

import keras
import numpy as np
import pytest
from tensorflow.python.framework.config import is_op_determinism_enabled

from infomax.cli import training


def numbers():
    return random.random(), np.random.random(), float(keras.random.uniform(()))


def test_seed_fixes_the_numbers_of_every_source():
    found = []
    for seed in (3, 3, 4):
        training.make_deterministic(seed)
        found.append(numbers())
    assert found[0] == found[1]
    assert all(one != other for one, other in zip(found[0], found[2], strict=True))


@pytest.mark.tensorflow
def test_tensorflow_is_deterministic():
    training.make_deterministic(0)
    assert is_op_determinism_enabled()


def test_versions_are_those_of_this_process():
    versions = training.versions()
    assert versions["python"] == ".".join(map(str, sys.version_info[:3]))
    assert versions["backend"] == keras.config.backend()
    assert versions[keras.config.backend()]
