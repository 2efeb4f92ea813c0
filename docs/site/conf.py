"""Settings of Sphinx for `make docs`, which builds the pages into site/."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

import infomax

project = "Unsupervised learning by mutual information"
release = infomax.__version__
root_doc = "docs/index"
include_patterns = ["*.md", "data/README.md", "docs/*.md", "notebooks/*.ipynb"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = project
nb_execution_mode = "off"  # `make notebooks` runs them, and keeps their outputs
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
autodoc_member_order = "bysource"
napoleon_use_ivar = True
