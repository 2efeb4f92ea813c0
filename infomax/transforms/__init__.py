"""Transforms of a whole batch of images, each a small function.

| module | idea |
| --- | --- |
| `geometry` | where content moves: matrices, composed, one resampling; and back |
| `photometry` | how it looks: brightness, colour, blur, stroke thickness, stray bars |
| `perturbation` | how strong each may be, and the draw for one batch |
| `kinds` | which kind of images these are, to choose the augmentation by |
| `compilation` | compiling a function of tensors on any backend |
"""
