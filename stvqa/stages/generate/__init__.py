"""generate: a teacher puts planned prospects into words.

Generate(teacher="rules")                    # built in, offline, partition by partition
GenerateByModel(teacher="gpt-4.1-mini")      # a model, in waves over the whole plan; the same stage to a recipe
"""

from stvqa.stages.generate.model import GenerateByModel
from stvqa.stages.generate.rules import Generate

__all__ = ["Generate", "GenerateByModel"]
