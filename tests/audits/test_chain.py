"""The chain shows every change, move and loss of what it once held, from an export alone."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audits import chain
from audits.chain import Fault, Link
from gis.errors import FileFormatError

records = st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5)), max_size=12)


def chained(facts):
    return chain.appended(None, [chain.content_digest(record) for record in facts])


def exported(links):
    return chain.verified_export(*chain.read(chain.written(links)))


@given(records)
def test_what_was_appended_verifies_here_and_after_export(facts):
    links = chained(facts)
    assert chain.verified(links) == []
    assert exported(links) == []
    assert chain.read(chain.written(links))[0] == links


@given(records, records)
def test_appending_in_two_steps_is_appending_at_once(first, then):
    start = chained(first)
    more = chain.appended(start[-1] if start else None, [chain.content_digest(record) for record in then])
    assert start + more == chained(first + then)
    assert chain.continued(start, start + more) == []


@given(records.filter(bool), st.data())
def test_a_changed_record_is_found_where_it_stands(facts, data):
    links = chained(facts)
    at = data.draw(st.integers(0, len(links) - 1))
    other = chain.content_digest({"forged": at})
    forged = [*links[:at], replace(links[at], content=other), *links[at + 1 :]]
    assert chain.verified(forged)[0] == Fault(at + 1, "digest")
    contents = {link.position: link.content for link in links} | {at + 1: other}
    assert chain.faults_of_contents(links, contents) == [Fault(at + 1, "content")]


@given(records.filter(bool), st.data())
def test_a_forger_who_rehashes_the_rest_is_found_by_an_earlier_export(facts, data):
    links = chained(facts)
    at = data.draw(st.integers(0, len(links) - 1))
    rest = [chain.content_digest({"forged": at}), *(link.content for link in links[at + 1 :])]
    forged = links[:at] + chain.appended(links[at - 1] if at else None, rest)
    assert chain.verified(forged) == []
    assert chain.continued(links, forged)[0] == Fault(at + 1, "foreign")
    assert chain.verified(forged, head=links[-1]) == [Fault(len(links), "head")]


@given(records.filter(lambda rows: len(rows) > 1), st.data())
def test_two_links_that_changed_places_are_found(facts, data):
    links = chained(facts)
    one, other = sorted(data.draw(st.permutations(range(len(links))))[:2])
    swapped = list(links)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    assert chain.verified(swapped) != []
    renumbered = [replace(link, position=number) for number, link in enumerate(swapped, 1)]
    assume(renumbered != links)
    assert chain.verified(renumbered) != []


@given(records.filter(bool), st.data())
def test_a_link_taken_out_is_found_even_at_the_end(facts, data):
    links = chained(facts)
    at = data.draw(st.integers(0, len(links) - 1))
    left = links[:at] + links[at + 1 :]
    assert chain.verified(left, head=links[-1]) != []
    lines = chain.written(links).splitlines()
    del lines[at + 1]
    assert chain.verified_export(*chain.read("\n".join(lines))) != []
    gone = {link.position: link.content for link in left}
    assert chain.faults_of_contents(links, gone) == [Fault(at + 1, "missing")]


def test_a_record_that_nobody_chained_is_found():
    links = chained([{"a": 1}])
    assert chain.faults_of_contents(links, {1: links[0].content, 2: "f" * 64}) == [Fault(2, "foreign")]
    assert chain.continued(links, []) == [Fault(1, "missing")]


def test_an_export_that_grew_after_its_head_was_written_is_found():
    text = chain.written(chained([{"a": 1}]))
    more = chained([{"a": 1}, {"b": 2}])[1]
    assert chain.verified_export(*chain.read(f"{text}2\t{more.content}\t{more.digest}\n")) == [
        Fault(2, "head")
    ]


def test_the_digest_of_a_record_does_not_depend_on_the_order_of_its_keys():
    assert chain.content_digest({"a": 1, "甲": "乙"}) == chain.content_digest({"甲": "乙", "a": 1})
    with pytest.raises(TypeError):
        chain.content_digest({"a": object()})


@pytest.mark.parametrize("text", ["", "hello", "tantu-chain 1\tx\ty", "tantu-chain 1\t1\tabc\n1\tonly two"])
def test_a_file_that_is_no_chain_is_refused(text):
    with pytest.raises(FileFormatError, match="line"):
        chain.read(text, "a.txt")


def test_an_empty_chain_is_whole_and_begins_with_zeros():
    assert chain.written([]) == f"tantu-chain 1\t0\t{'0' * 64}\n"
    assert exported([]) == []
    assert chain.verified([Link(2, "a", "b")]) == [Fault(1, "missing")]
    assert chain.verified([Link(0, "a", "b")]) == [Fault(1, "order")]
