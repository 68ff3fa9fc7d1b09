from __future__ import annotations

import pytest
from truths import completion, truth

from stvqa.errors import InputError
from stvqa.rewards import REWARD_NAMES, Reward, Score, find_reward

TWO = {"cup.1": (100, 100, 200, 200), "dog.1": (300, 100, 400, 300)}


@pytest.mark.parametrize("name", REWARD_NAMES)
def test_named_rewards(name):
    reward = find_reward(name)
    assert isinstance(reward, Reward)
    assert reward.name == name
    assert reward.style == ("sparse" if name == "sparse" else "scene")


def test_unknown_rewards_and_needless_settings_are_refused():
    with pytest.raises(InputError, match="no reward 'dens': choose one of dense, paper"):
        find_reward("dens")
    with pytest.raises(InputError, match="paper has no settings"):
        find_reward("paper", settings={"tail": "none"})


@pytest.mark.parametrize(
    ("text", "form", "accuracy", "total"),
    [
        ("<think>t</think><answer>(B) To the left</answer>", 1, 1, 1),
        ("<think>t</think>\n<answer>B</answer>", 1, 1, 1),
        ("<think>t</think><answer>A</answer>", 1, 0, 0.5),
        ("<think>t</think><answer>A or B</answer>", 1, 0, 0.5),
        ("<answer>B</answer><think>t</think>", 0, 1, 0.5),
        ("<think>t</think><answer>B</answer><answer>A</answer>", 0, 0, 0),
        ("<answer>B</answer>", 0, 1, 0.5),
        ("<answer>A</answer>", 0, 0, 0),
        ("<think>t</think>B", 0, 0, 0),
        ("", 0, 0, 0),
    ],
)
def test_sparse(text, form, accuracy, total):
    score = find_reward("sparse").score(text, truth(TWO))
    assert (score.format, score.accuracy, score.total) == (form, accuracy, total)
    assert (score.count, score.spatial) == (None, None)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module of rewards in the working folder; its name differs from test to test, since modules are kept."""

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.chdir(tmp_path)
        return name

    return write


def test_a_function_of_ones_own(own):
    name = own("brevity_rewards", "def brevity(completion, truth):\n    return len(completion) < 40\n")
    for path in (f"{name}.brevity", f"{name}:brevity"):
        reward = find_reward(path)
        assert isinstance(reward, Reward)
        scores = reward.score_many(["short", completion(TWO, "B")], [truth(TWO)] * 2)
        assert [score.total for score in scores] == [1, 0]
        assert scores[0] == Score(total=1)


def test_a_function_may_give_parts_or_none(own):
    text = "from stvqa.rewards import Score\ndef parts(c, t):\n    return Score(format=1.0, total=0.5) if c else None\nparts.style = 'sparse'\n"
    reward = find_reward(f"{own('parts_rewards', text)}.parts")
    assert reward.score("x", truth(TWO)) == Score(format=1, total=0.5)
    assert reward.score("", truth(TWO)).total is None
    assert reward.style == "sparse"


@pytest.mark.parametrize(
    ("module", "body", "message"),
    [
        ("failing_rewards", "return 1 / 0", "failed .ZeroDivisionError"),
        ("endless_rewards", "return float('nan')", "gave nan"),
        ("wordy_rewards", "return 'good'", "gave 'good'"),
    ],
)
def test_a_function_that_gives_no_score_is_told_of(own, module, body, message):
    name = own(module, f"def bad(completion, truth):\n    {body}\n")
    with pytest.raises(InputError, match=message):
        find_reward(f"{name}.bad").score("x", truth(TWO))


@pytest.mark.parametrize(
    ("path", "message"),
    [("no_such_module.f", "ModuleNotFoundError"), ("json.no_such", "no function no_such"), ("json.", "no function")],
)
def test_functions_that_are_not_there(path, message):
    with pytest.raises(InputError, match=message):
        find_reward(path)
