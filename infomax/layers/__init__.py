"""Every serialisable layer; `import infomax.layers` registers those of a saved model.

| module | subject |
| --- | --- |
| `clusters` | layers that make clusters of features or overclusters |
| `images` | layers in front of a network: edges, places of colours |
| `normalization` | batch normalisation in one kernel |
| `encoders`, `prior` | the parts of Deep InfoMax |
| `critics`, `image_critics`, `objectives` | critics, and what they are trained by |
| `ensemble_critic` | the critic of estimates |
| `prediction` | outputs of a network for images |
"""

from infomax.layers import clusters, images, normalization

__all__ = ["clusters", "images", "normalization"]
