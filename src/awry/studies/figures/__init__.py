"""The figures of the methods' papers, made here.

Each method's folder says what its figures are (`figures.json`, see `awry.methods.paper_figures`).
`listing` lists them with what they need, `make` makes them; every kind of figure has a file.
"""

from awry.studies.figures.listing import FigureList, FigureSummary, published_figures
from awry.studies.figures.make import figures
from awry.studies.figures.result import FiguresResult, MadeFigure

__all__ = [
    "FigureList",
    "FigureSummary",
    "FiguresResult",
    "MadeFigure",
    "figures",
    "published_figures",
]
