"""Transforms of a whole batch of images, each a small function.

| module | idea |
| --- | --- |
| `geometry` | where the content moves: matrices, composed, then one resampling |
| `photometry` | how it looks: brightness, contrast, blur, stroke thickness |
| `perturbation` | how strong each may be, and the draw for one batch |
"""
