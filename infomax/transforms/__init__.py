"""Perturbations (augmentations) of a batch of images.

| module | subject |
| --- | --- |
| `geometry` | where content moves: matrices, composed, one resampling, and back |
| `photometry` | how it looks: brightness, colour, blur, stroke thickness, stray bars |
| `perturbation` | how strong each transform may be, and the draw for one batch |
| `kinds` | the kind of the images, which decides the augmentation |
| `tiles` | images of any size, split into tiles |
"""
