"""The published rewards once more, number by number and with every assignment tried: what tests compare with."""

from __future__ import annotations

import math
from itertools import permutations

from stvqa.vocabulary import similarity

GUARD = 1e-7
"""What the authors' code adds to the union, the squared diagonal and the heights, in shares of the image."""


def kept_back(true):
    """What the release's constant at most keeps back of the total of a truth: the smaller the boxes, the more."""
    if true.scene is None or not true.scene.ids:
        return 0.0
    shares = (true.scene.boxes[:, 2:] - true.scene.boxes[:, :2]).prod(axis=1) / (true.size.width * true.size.height)
    return float(0.2 * 0.5 * (GUARD / shares).mean())


def plain_iou(a, b, guard=0.0):
    common = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common + guard)


def plain_ciou(a, b, guard=0.0):
    share = plain_iou(a, b, guard)
    hull = (max(a[2], b[2]) - min(a[0], b[0])) ** 2 + (max(a[3], b[3]) - min(a[1], b[1])) ** 2 + guard
    apart = ((a[0] + a[2] - b[0] - b[2]) / 2) ** 2 + ((a[1] + a[3] - b[1] - b[3]) / 2) ** 2
    lean = math.atan((a[2] - a[0]) / (a[3] - a[1] + guard)) - math.atan((b[2] - b[0]) / (b[3] - b[1] + guard))
    angle = 4 / math.pi**2 * lean**2
    return share - apart / hull - (angle * angle / (1 - share + angle) if angle else 0)


def _label(name):
    return name.split(".")[0].replace("_", " ").replace("-", " ").lower()


def closeness(predicted, true):
    return max(0, 1 - abs(predicted - true) / max(true, 1))


def plain_reward(objects, triples, answer, gold, *, rules, near=0.0, alike=similarity):
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
    spatials = _spatials(objects, gold, rules, alike) if accuracy else [0.0]
    spatial = min(spatials, key=lambda value: abs(value - near))
    return count, accuracy, spatial, 0.1 + 0.2 * count + 0.5 * accuracy + 0.2 * spatial


def _spatials(objects, gold, rules, alike):
    """What the matched boxes are worth, for each assignment of the least cost."""
    true = gold["objects"]
    if not true:
        return [float(not objects or (rules == "release" and bool(gold["triples"])))]
    short, long = sorted((range(len(objects)), range(len(true))), key=len)
    costs = [[_cost(one, other, rules, alike) for other in true] for one in objects]
    tried = []
    for chosen in permutations(long, len(short)):
        pairs = list(zip(short, chosen, strict=True))
        if len(objects) > len(true):
            pairs = [(b, a) for a, b in pairs]
        tried.append((sum(costs[p][t] for p, t in pairs), pairs))
    least = min(cost for cost, _ in tried)
    return [_worth(objects, true, pairs, rules) for cost, pairs in tried if cost < least + 1e-9]


def _worth(objects, true, pairs, rules):
    if rules == "release":
        return sum((plain_ciou(objects[p][1], true[t][1], GUARD) + 1) / 2 for p, t in pairs) / len(true)
    values = [plain_ciou(objects[p][1], true[t][1]) for p, t in pairs]
    return sum(values) / len(values) if values else 0.0


def _cost(predicted, true, rules, alike):
    name, box = predicted
    other, true_box = true
    near = (plain_ciou(box, true_box, GUARD) + 1) / 2 if rules == "release" else plain_iou(box, true_box)
    return (1 - near) + 2 * (1 - alike(_label(name), _label(other)))
