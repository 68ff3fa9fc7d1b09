"""Which trainings are asked for, and that choices come from `watch` alone."""

from __future__ import annotations

import pytest
from miniature.jobs import HACK_LIMIT, Book, main_arms
from miniature.results import Result, read_results, write_result
from miniature.settings import WarmStartSettings, read_settings
from pydantic import ValidationError

from stvqa.errors import InputError


def made(job, accuracy, hacks=0.0, *, warm_start="w"):
    """A result of a job, with this accuracy on every set."""
    looks = {name: {"accuracy": accuracy} for name in ("watch", "unseen", "harder", "given-right", "given-wrong")}
    return Result(
        group=job.group,
        arm=job.name,
        seed=job.seed,
        digest=job.digest,
        warm_start=warm_start,
        device="cpu",
        machine="a machine",
        threads=1,
        versions={},
        seconds_training=1,
        seconds_looking=1,
        looks={**looks, "hacks": {"greatest": hacks, "mean": 0.0}},
    )


def played(settings, worth, *, until=None):
    """Goes through the groups; `worth` gives a job's accuracy and, if it likes, what a hack earns."""
    results = []
    while jobs := Book(settings, results).next_jobs():
        if jobs[0].group == until:
            break
        results += [made(job, *worth(job)) for job in jobs]
    return results


def test_groups_follow_each_other_and_later_ones_take_what_was_chosen(small):
    settings = small.model_copy(
        update={
            "tuning": small.tuning.model_copy(
                update={
                    "grpo": {"slow": {}, "fast": {"learning_rate": 9e-4}},
                    "sft": {"rate-3e-4": {}, "slow": {"learning_rate": 1e-6}},
                }
            )
        }
    )
    best = ("@fast", "cut-at-0", "sft@rate-3e-4", "sft-answers@slow")
    results = played(settings, lambda job: (0.9 if job.name.endswith(best) else 0.5,))
    book = Book(settings, results)
    assert book.next_jobs() == []
    assert book.chosen == ("fast", {"sft": "rate-3e-4", "sft-answers": "slow"}, "cut-at-0")
    assert {group: book.count(group) for group in ("tuning", "choice", "main")} == {
        "tuning": 8,
        "choice": 2,
        "main": 24,
    }
    assert len(results) == len(book.done) == 34
    main = Book(settings, [item for item in results if item.group != "main"]).next_jobs()
    assert {job.values.get("learning_rate") for job in main if job.arm.method == "grpo"} == {9e-4}
    rates = {job.name: job.values["learning_rate"] for job in main if job.arm.method == "sft"}
    assert rates == {"sft": 3e-4, "sft-answers": 1e-6}
    terms = {job.name: job.arm.reward.settings for job in main if job.arm.reward and job.arm.reward.name == "dense"}
    assert terms["dense"]["tail"] == terms["dense-wrong"]["tail"] == "near"
    assert terms["dense-cut-at-0"]["tail"] == "none"


def test_a_variant_that_can_be_gamed_is_not_taken(small):
    results = played(small, lambda job: (0.9, HACK_LIMIT + 0.01) if job.name == "cut-at-0" else (0.5,))
    assert Book(small, results).chosen.variant == "as-it-is"
    assert main_arms(small, "as-it-is") == small.main.arms
    assert main_arms(small, "cut-at-0").keys() - small.main.arms.keys() == {"dense-cut-at-0"}


def test_the_first_of_equals_is_taken(small):
    assert Book(small, played(small, lambda job: (0.5,))).chosen.variant == "as-it-is"


def test_results_of_other_settings_or_another_warm_start_do_not_count(small):
    results = played(small, lambda job: (0.5,), until="main")
    assert Book(small, results, warm_start="w").next_jobs()[0].group == "main"
    assert Book(small, results, warm_start="another").next_jobs()[0].group == "tuning"
    changed = small.model_copy(update={"training": small.training.model_copy(update={"steps": 3})})
    assert Book(changed, results).next_jobs()[0].group == "tuning"
    worded = {name: arm.model_copy(update={"about": "other words"}) for name, arm in small.main.arms.items()}
    reworded = small.model_copy(update={"main": small.main.model_copy(update={"arms": worded})})
    assert Book(reworded, results).next_jobs()[0].group == "main"


def test_seeds_come_one_after_the_other_and_base_needs_one(small):
    results = played(small, lambda job: (0.5,), until="main")
    jobs = Book(small, results).next_jobs()
    assert [job.seed for job in jobs] == sorted(job.seed for job in jobs)
    for name in ("base", "base-thinking"):
        assert [job.seed for job in jobs if job.name == name] == [1]
    assert len({job.digest for job in jobs}) == len(jobs)


def test_a_result_is_read_as_it_was_written(small, tmp_path):
    [job, *_] = Book(small, []).next_jobs()
    write_result(tmp_path, made(job, 0.25))
    assert read_results(tmp_path) == [made(job, 0.25)]
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "dense-1.json").write_text('{"group": "main"}')
    with pytest.raises(InputError, match=r"dense-1\.json is no result .*remove it"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seeds: [1, 2]", "seeds: [1, 101]", "a seed stands in two groups"),
        ("steps: 2\n", "stebs: 2\n", "training.*stebs|training.steps"),
        ("reward: {name: sparse}, about", "about", "grpo has a reward"),
        ("    sft-answers: {method: sft, target: answer}\n", "", "tuning.sft_arms lacks sft-answers"),
        ("categories: [relation", "categories: [orientation", "data.categories"),
    ],
)
def test_wrong_settings_are_refused(checkout, tmp_path, old, new, message):
    text = (checkout / "benchmarks" / "miniature" / "small.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "settings.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_settings(path)


def test_settings_that_are_not_there_are_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_settings(tmp_path / "none.yaml")


def test_every_variant_of_the_full_run_writes_its_settings_out(checkout):
    from stvqa.rewards.terms import DenseSettings

    settings = read_settings(checkout / "benchmarks" / "miniature" / "settings.yaml")
    keys = set(DenseSettings.model_fields)
    assert all(set(terms) == keys for terms in settings.choice.variants.values())
    assert all(DenseSettings(**terms) for terms in settings.choice.variants.values())
    [first, *others] = settings.choice.variants.values()
    assert settings.tuning.grpo_arms["dense"].reward.settings == first
    assert all(terms != first for terms in others)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeing_steps": 25}, "seeing_steps 25 and mixed_steps 10 are more than steps 30"),
        ({"manners": {"thinking": 0.4, "sceneless": 0.4}}, "the shares of manners add up to 0.8, not to 1"),
        ({"manners": {}}, "the shares of manners add up to 0, not to 1"),
        ({"mixed_steps": 0}, "several manners and mixed_steps go together"),
        ({"manners": {"thinking": 1.0}}, "several manners and mixed_steps go together"),
    ],
)
def test_steps_and_manners_of_the_warm_start_add_up(small, change, message):
    with pytest.raises(ValidationError, match=message):
        WarmStartSettings.model_validate({**small.warm_start.model_dump(), **change})
