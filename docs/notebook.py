# %% [markdown]
# # From footage to figures in a notebook
#
# Everything that the commands do is a function of `awry`. This page fits a detector on generated
# footage, scores arrays, draws them and measures the result. It takes a few seconds; the tests run
# it. Jupyter and VS Code open it as a notebook (`jupytext docs/notebook.py --to ipynb`).

# %%
import tempfile
from pathlib import Path

import numpy as np

import awry
from awry.testing.footage import moving_square_data

folder = Path(tempfile.mkdtemp())

# %% [markdown]
# ## Fit
#
# A data set is a folder, or clips that a program made. These show a square that walks to and fro;
# in the middle of each test clip it runs.

# %%
data = moving_square_data()
fitted = awry.fit("flow", data, out=folder / "bundle", preset="tiny", budget="2/hour")
print(fitted.threshold, fitted.calibration.how)
for moment in fitted.strangest[:3]:
    print(moment.clip, moment.frame, round(moment.score, 2), moment.reason)

# %% [markdown]
# In a notebook the last line of a cell shows a result's cards; `BarReporter()` shows progress:
# `awry.fit(..., reporter=awry.BarReporter())`.

# %%
fitted  # noqa: B018

# %% [markdown]
# ## Score arrays
#
# Footage in memory is a uint8 array (T, H, W, 3) in RGB. The scores come back as arrays over the
# frames, NaN where the method needs frames that are not there.

# %%
detector = awry.load(folder / "bundle")
images = np.stack([frame.image for frame in data.test[0].open()])
clip = detector.score(images, fps=10, maps=True, name="test-0")
print(images.shape, clip.scores.shape, clip.maps.shape, clip.boxes.shape)
print(f"highest score {np.nanmax(clip.scores):.2f} at frame {clip.peak}")
for alarm in clip.alarms:
    print(alarm.first, alarm.last, alarm.reason)

# %% [markdown]
# ## Draw
#
# Every result has `plot()`, which gives matplotlib's axes to change or to save, and `to_pandas()`.

# %%
axes = clip.plot()
axes.figure.savefig(folder / "scores.png")

# %% [markdown]
# Other thresholds need no new scores: a budget or a number of your own.

# %%
for budget in ("10/hour", "1/day"):
    print(budget, awry.load(folder / "bundle", budget=budget).score(images, fps=10).threshold)

# %% [markdown]
# ## Score many videos
#
# `awry.score` takes paths, streams and arrays. With `out` it writes tables as it goes, as the
# command does; without, the arrays are in `clips`.

# %%
scored = awry.score(detector, [images, images[::-1].copy()], fps=10)
scored.save(folder / "scores.csv")
print({name: int(each.in_alarm.sum()) for name, each in scored.clips.items()})

# %% [markdown]
# ## Measure
#
# Labelled test clips give the figures of the field, with their intervals.

# %%
result = awry.evaluate(detector, data, out=folder / "result")
print(f"micro AUC {result.micro_auc:.3f}, interval {result.interval}")
result.plot().figure.savefig(folder / "roc.png")

# %% [markdown]
# Wrong options are refused before anything is computed, with the nearest spelling.

# %%
try:
    awry.fit("flow", data, out=folder / "other", buget="2/hour")
except awry.ConfigError as error:
    print(error)
