import numpy as np

from penstock.osd.cache import Cache


def block(nbytes):
    return np.zeros(nbytes, np.uint8)


def test_what_was_not_used_for_longest_is_forgotten_first():
    cache = Cache(100)
    for name in "abcde":
        cache.put(name, block(20))
    assert cache.get("a") is not None
    cache.put("f", block(20))
    assert cache.get("b") is None
    assert [name for name in "abcdef" if cache.get(name) is not None] == list("acdef")


def test_the_bound_holds_for_values_of_any_size():
    cache = Cache(1000)
    for number, nbytes in enumerate(np.random.default_rng(0).integers(1, 400, 300)):
        cache.put(number, block(nbytes))
        kept = [cache.get(key) for key in range(number + 1)]
        assert sum(value.nbytes for value in kept if value is not None) == cache.nbytes <= 1000


def test_a_value_that_would_push_out_all_others_is_not_kept():
    cache = Cache(100)
    cache.put("small", block(20))
    cache.put("large", block(60))
    assert cache.get("large") is None
    assert cache.get("small") is not None
    assert len(cache) == 1
