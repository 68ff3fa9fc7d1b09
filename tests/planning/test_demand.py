from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stvqa.planning import Demand, Planned
from stvqa.records import CATEGORIES, LEVELS


def plan(*, images=40, each=4):
    return [
        Planned(f"{image}/{n}", f"img:{image}", CATEGORIES[(image * 7 + n) % 9], LEVELS[(image + n) % 3])
        for image in range(images)
        for n in range(each)
    ]


def demand(planned, total, *, per_call=4, **options):
    return Demand(planned, total=total, per_call=per_call, seed=1, **options)


def test_as_many_are_asked_as_are_needed_and_groups_are_of_one_image():
    planned = plan()
    image_of = {item.name: item.image_id for item in planned}
    asking = demand(planned, 80)
    groups = asking.next_groups()
    names = [name for group in groups for name in group.names]
    assert len(names) == len(set(names)) == 80
    assert all({image_of[name] for name in group.names} == {group.image_id} for group in groups)
    assert asking.unasked == 80
    assert max(len(group.names) for group in groups) == 4


def test_full_calls_come_first():
    alike = [Planned(f"{image}/{n}", f"img:{image}", "size", "easy") for image in range(20) for n in range(4)]
    assert [len(group.names) for group in demand(alike, 30).next_groups()] == [4] * 7 + [2]


def test_what_was_refused_is_asked_for_again_elsewhere_until_it_is_met_or_all_is_asked():
    planned = plan()
    cell_of = {item.name: item.cell for item in planned}
    asking, asked, waves = demand(planned, 80), [], 0
    while groups := asking.next_groups():
        waves += 1
        for name in (name for group in groups for name in group.names):
            asked.append(name)
            if len(asked) % 4:
                asking.accept(cell_of[name])
    assert asking.is_met
    assert asking.accepted.total() == 80
    assert 1 < waves < 12
    assert len(asked) == len(set(asked))


def test_all_refused_ends_when_all_is_asked():
    asking, asked = demand(plan(images=5), 30), 0
    while groups := asking.next_groups():
        asked += sum(len(group.names) for group in groups)
    assert asked == 20
    assert asking.unasked == 0
    assert not asking.is_met


def test_lost_questions_are_asked_for_again_and_what_was_asked_before_stays_the_same():
    planned = plan()
    cell_of = {item.name: item.cell for item in planned}

    def first_round(asking):
        names = [name for group in asking.next_groups() for name in group.names]
        for name in names:
            asking.accept(cell_of[name])
        return names

    one, other = demand(planned, 60), demand(planned, 60)
    assert first_round(one) == first_round(other)
    assert one.next_groups() == []
    lost = {planned[0].cell: 2, ("size", "easy"): 1}
    other.lose(lost)
    more = [name for group in other.next_groups() for name in group.names]
    kept = min(sum(lost.values()), sum(min(count, other.accepted[cell]) for cell, count in lost.items()))
    assert len(more) >= kept > 0


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(CATEGORIES), st.sampled_from(LEVELS)), max_size=60),
    st.integers(1, 80),
    st.integers(1, 6),
    st.integers(0, 2),
)
def test_every_question_is_asked_at_most_once_and_the_waves_end(items, total, per_call, refuse):
    planned = [Planned(f"{n}", f"img:{image}", category, level) for n, (image, category, level) in enumerate(items)]
    cell_of = {item.name: item.cell for item in planned}
    asking, asked = demand(planned, total, per_call=per_call), Counter()
    while groups := asking.next_groups():
        for group in groups:
            assert 1 <= len(group.names) <= per_call
            for name in group.names:
                asked[name] += 1
                if not refuse or int(name) % (refuse + 1):
                    asking.accept(cell_of[name])
    assert set(asked.values()) <= {1}
    assert asking.is_met or asking.unasked == 0
    if not refuse:
        assert asked.total() >= min(total, len(planned))
