"""The published rewards once more, number by number and with every assignment tried: what tests compare with."""

from __future__ import annotations

import math
from itertools import permutations

from stvqa.vocabulary import similarity


def plain_iou(a, b):
    common = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def plain_ciou(a, b):
    share = plain_iou(a, b)
    hull = (max(a[2], b[2]) - min(a[0], b[0])) ** 2 + (max(a[3], b[3]) - min(a[1], b[1])) ** 2
    apart = ((a[0] + a[2] - b[0] - b[2]) / 2) ** 2 + ((a[1] + a[3] - b[1] - b[3]) / 2) ** 2
    angle = 4 / math.pi**2 * (math.atan((a[2] - a[0]) / (a[3] - a[1])) - math.atan((b[2] - b[0]) / (b[3] - b[1]))) ** 2
    return share - apart / hull - (angle * angle / (1 - share + angle) if angle else 0)


def _label(name):
    return name.split(".")[0].replace("_", " ").replace("-", " ").lower()


def closeness(predicted, true):
    return max(0, 1 - abs(predicted - true) / max(true, 1))


def plain_reward(objects, triples, answer, gold, *, rules, near=0.0):
    """Count, accuracy, spatial, total of a well-formed completion.

    `objects` are (id, box) in shares of the image; `gold` has the same `objects`, `triples`, and `answer`. Of several
    assignments of the least cost, none of which is wrong, the one counts whose spatial is nearest to `near`.
    """
    count = closeness(len(objects), len(gold["objects"]))
    if rules == "paper" or gold["triples"]:
        count = 0.7 * count + 0.3 * closeness(len(triples), len(gold["triples"]))
    same = (
        answer.strip().lower() == gold["answer"].strip().lower()
        if rules == "release"
        else answer.strip() == gold["answer"].strip()
    )
    accuracy = float(same)
    spatial = min(_spatials(objects, gold["objects"], rules), key=lambda value: abs(value - near)) if accuracy else 0.0
    return count, accuracy, spatial, 0.1 + 0.2 * count + 0.5 * accuracy + 0.2 * spatial


def _spatials(objects, true, rules):
    """What the matched boxes are worth, for each assignment of the least cost."""
    if not true:
        return [float(not objects)]
    short, long = sorted((range(len(objects)), range(len(true))), key=len)
    tried = []
    for chosen in permutations(long, len(short)):
        pairs = list(zip(short, chosen, strict=True))
        if len(objects) > len(true):
            pairs = [(b, a) for a, b in pairs]
        tried.append((sum(_cost(objects[p], true[t], rules) for p, t in pairs), pairs))
    least = min(cost for cost, _ in tried)
    return [_worth(objects, true, pairs, rules) for cost, pairs in tried if cost < least + 1e-9]


def _worth(objects, true, pairs, rules):
    values = [plain_ciou(objects[p][1], true[t][1]) for p, t in pairs]
    if rules == "release":
        return sum((value + 1) / 2 for value in values) / len(true)
    return sum(values) / len(values) if values else 0.0


def _cost(predicted, true, rules):
    box = (plain_ciou(predicted[1], true[1]) + 1) / 2 if rules == "release" else plain_iou(predicted[1], true[1])
    return (1 - box) + 2 * (1 - similarity(_label(predicted[0]), _label(true[0])))
