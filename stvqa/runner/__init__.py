"""Runs recipes: stage by stage, partition by partition, on Dask, never the same work twice."""

from stvqa.runner.folders import StageFolder
from stvqa.runner.forecast import ForecastLine, RunForecast, forecast_run
from stvqa.runner.plan import PlannedStage, plan_run
from stvqa.runner.progress import BarProgress, LineProgress, Progress, SilentProgress
from stvqa.runner.run import run_recipe
from stvqa.runner.summary import RunSummary, ShortRunError

__all__ = [
    "BarProgress",
    "ForecastLine",
    "LineProgress",
    "PlannedStage",
    "Progress",
    "RunForecast",
    "RunSummary",
    "ShortRunError",
    "SilentProgress",
    "StageFolder",
    "forecast_run",
    "plan_run",
    "run_recipe",
]
