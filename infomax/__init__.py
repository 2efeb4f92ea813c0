"""What the scripts at the top level share, floor by floor; imports only go down.

| package | subject |
| --- | --- |
| `cli` | command line, options and presets, run folder, report page |
| `plots` | arrays in, a Matplotlib figure out |
| `evaluation` | every score; labels report, and choose nothing |
| `estimators` | mutual information of samples: estimate, interval, warning |
| `callbacks` | what happens between epochs: logs, merging, checkpoints |
| `clustering` | merging, consensus and k-means, in NumPy |
| `layers` | every serialisable layer and critic |
| `transforms` | perturbations of a batch of images |
| `datasets` | a source in, arrays out; all checks of foreign files |
| `distributions` | pairs of variables whose mutual information is known |
| `information` | pure functions of `keras.ops`: information, bounds, losses |

`import infomax` registers every layer of a saved model. It first sets what TensorFlow
reads only at its start (`start`).
"""

from infomax import start  # isort: skip - before anything imports TensorFlow
from infomax import layers

__all__ = ["layers", "start"]
