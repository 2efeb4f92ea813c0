"""Information: of soft assignments to clusters, and of continuous variables.

| module | idea |
| --- | --- |
| `discrete` | joint distribution of paired assignments, entropies, information |
| `displacement` | the same of pixels that lie near each other |
| `losses` | the IIC losses, of images and of pixels |
| `bounds` | bounds on information from a critic's scores of pairs |
| `critics`, `image_critics` | what scores pairs: of vectors; of feature maps |
| `normal_ratio` | the log density ratio of normal variables, where a critic may start |
| `objectives` | what a critic is trained by, and what is read from it |
"""
