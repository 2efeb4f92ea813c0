"""The throughput benchmark: what it counts, and what it reads of the profiler."""

import keras
import pytest

from benchmarks import throughput


def test_the_operations_of_a_step_are_those_of_its_kernels():
    image = keras.Input((4, 4, 1))
    features = keras.layers.Conv2D(2, 3, padding="same", use_bias=False)(image)
    features = keras.layers.Flatten()(features)
    network = keras.Model(image, keras.layers.Dense(3)(features))
    step = object.__new__(throughput.Step)
    step.network = network
    convolution = 2 * 16 * (3 * 3 * 1 * 2)
    dense = 2 * (32 * 3)
    # Forward, for the kernel, for the input; the first layer's input is the image.
    expected = 2 * throughput.BATCH * (2 * convolution + 3 * dense)
    assert step.operations == expected


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (
            "tape/iic/conv2d_1/Conv2DBackpropInput:Conv2DBackpropInput",
            "Conv2DBackpropInput",
        ),
        ("iic/conv2d/convolution:_MklNativeConv2D", "Conv2D"),
        ("adam/Sub_38:Sub", "Sub"),
        ("ExecutorState::Process", None),
        ("EagerLocalExecute: __inference_one_step_on_data_6856", None),
        ("$ trainer.py:319 fit", None),
        ("ThreadpoolListener", None),
    ],
)
def test_an_event_of_the_profiler_is_an_operation_or_is_none(event, kind):
    assert throughput.operation(event) == kind


def test_the_figure_has_a_panel_for_each_step():
    rows = [
        {"backbone": backbone, "precision": precision, "Conv2D": 3.0, "Sub": 1.0}
        for backbone in "FA"
        for precision in throughput.PRECISIONS
    ]
    figure = throughput.draw(rows)
    assert len(figure.axes) == 4
    assert [bar.get_width() for bar in figure.axes[0].patches] == [3, 1]
