"""The key-value cache: appended in any chunks, grown in place or by copies, reordered."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unrolled.gpt import KVCache

B, H, T, d_k, L = 2, 3, 7, 5, 4


def keys_and_values(length=T, batch=B, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(batch, H, length, d_k, generator=generator, dtype=dtype) for _ in range(2)]


def readable_append(cache, layer, key, value):
    return KVCache.append.__wrapped__(cache, layer, key, value)


PATHS = pytest.mark.parametrize("append", [KVCache.append, readable_append], ids=["fast", "plain"])


@PATHS
@given(cuts=st.lists(st.integers(1, T - 1), max_size=4, unique=True))
def test_chunks_add_up_to_the_whole(append, cuts):
    key, value = keys_and_values()
    cache = KVCache(L)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), T], strict=True):
        for layer in range(L):
            assert cache.length == start
            keys, values = append(
                cache, layer, key[:, :, start:end] + layer, value[:, :, start:end] - layer
            )
            assert torch.equal(keys, key[:, :, :end] + layer)
            assert torch.equal(values, value[:, :, :end] - layer)
            assert cache.keys[layer] is keys
            assert cache.values[layer] is values
    assert cache.length == T


def test_an_empty_cache_has_length_0_and_nothing_in_it():
    cache = KVCache(L)
    assert cache.length == 0
    assert cache.keys == cache.values == [None] * L


def test_length_is_what_every_layer_has_seen():
    cache = KVCache(2)
    cache.append(0, *keys_and_values())
    assert cache.length == 0
    cache.append(1, *keys_and_values())
    assert cache.length == T


def test_appending_one_by_one_seldom_moves_what_is_there():
    cache, places = KVCache(1), set()
    for _ in range(64):
        keys, _ = cache.append(0, *keys_and_values(length=1))
        places.add(keys.data_ptr())
    assert keys.shape == (B, H, 64, d_k)
    assert len(places) <= 7  # the room doubles: 2, 6, 14, 30, 62, 126


def test_a_room_is_used_up_to_its_last_place():
    cache = KVCache(1)
    first, _ = cache.append(0, *keys_and_values(length=3))
    second, _ = cache.append(0, *keys_and_values(length=3, seed=1))
    assert second.data_ptr() == first.data_ptr()  # 6 places, 6 used
    third, _ = cache.append(0, *keys_and_values(length=1, seed=2))
    assert third.data_ptr() != first.data_ptr()
    assert torch.equal(third[:, :, :6], second)


def test_what_was_given_out_and_what_was_given_in_stay_as_they_were():
    cache = KVCache(1)
    key, value = keys_and_values()
    given_in = key.clone()
    keys, _ = cache.append(0, key, value)
    before = keys.clone()
    cache.append(0, *keys_and_values(length=2, seed=1))
    assert torch.equal(keys, before)
    assert torch.equal(key, given_in)
    cache.keys[0].zero_()
    assert torch.equal(key, given_in)  # the cache has its own memory


def test_gradients_pass_through_the_cache():
    def chunk(start, end):
        return key[:, :, start:end], value[:, :, start:end]

    key, value = (x.requires_grad_() for x in keys_and_values())
    cache = KVCache(1)
    cache.append(0, *chunk(0, 4))
    keys, values = cache.append(0, *chunk(4, T))
    cotangents = keys_and_values(seed=1)
    torch.autograd.backward([keys, values], cotangents)
    assert torch.equal(key.grad, cotangents[0])
    assert torch.equal(value.grad, cotangents[1])


@pytest.mark.parametrize("tracked", ["key", "value"])
def test_a_gradient_through_one_of_them_is_enough(tracked):
    key, value = keys_and_values()
    both = {"key": key, "value": value}
    both[tracked].requires_grad_()
    cache = KVCache(1)
    cache.append(0, key, value)
    assert "_rooms" not in vars(cache)
    with torch.no_grad():
        cache.append(0, key, value)
    assert "_rooms" in vars(cache)


@PATHS
@pytest.mark.parametrize("rows", [[1, 0], [1, 1], [0], [1, 0, 1, 1, 0]], ids=str)
def test_a_reordered_cache_goes_on_from_the_rows_it_was_given(append, rows):
    index = torch.tensor(rows)
    key, value = keys_and_values()
    cache = KVCache(L)
    for layer in range(L):
        append(cache, layer, key + layer, value - layer)
    assert cache.reorder(index) is None
    more_key, more_value = keys_and_values(length=2, batch=len(rows), seed=1)
    for layer in range(L):
        keys, values = append(cache, layer, more_key, more_value)
        assert torch.equal(keys, torch.cat([(key + layer)[index], more_key], 2))
        assert torch.equal(values, torch.cat([(value - layer)[index], more_value], 2))
    assert cache.length == T + 2


def test_two_caches_share_nothing():
    caches = [KVCache(1), KVCache(1)]
    for seed, cache in enumerate(caches):
        cache.append(0, *keys_and_values(seed=seed))
        cache.append(0, *keys_and_values(length=1, seed=seed + 5))
    for seed, cache in enumerate(caches):
        whole = torch.cat([keys_and_values(seed=seed)[0], keys_and_values(1, seed=seed + 5)[0]], 2)
        assert torch.equal(cache.keys[0], whole)


def filled():
    cache = KVCache(L)
    for layer in range(L):
        cache.append(layer, *keys_and_values())
    return cache


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: KVCache(0), ValueError, "n_layers=0, at least 1 is wanted"),
        (
            lambda: KVCache(L).append(L, *keys_and_values()),
            ValueError,
            "layer=4: 0 to 3 is wanted",
        ),
        (lambda: KVCache(L).append(-1, *keys_and_values()), ValueError, "layer=-1: 0 to 3"),
        (
            lambda: KVCache(L).append(0, torch.zeros(B, T, d_k), torch.zeros(B, T, d_k)),
            ValueError,
            "key has shape (2, 7, 5), (B, H, t, d_k) is wanted",
        ),
        (
            lambda: KVCache(L).append(0, torch.zeros(B, H, 0, d_k), torch.zeros(B, H, 0, d_k)),
            ValueError,
            "key has shape (2, 3, 0, 5), (B, H, t, d_k), each at least 1, is wanted",
        ),
        (
            lambda: KVCache(L).append(0, torch.zeros(B, H, T, d_k), torch.zeros(B, H, T, 6)),
            ValueError,
            "value has shape (2, 3, 7, 6), (2, 3, 7, 5) is wanted, as key",
        ),
        (
            lambda: filled().append(0, torch.zeros(3, H, 1, d_k), torch.zeros(3, H, 1, d_k)),
            ValueError,
            "key has shape (3, 3, 1, 5), (2, 3, t, 5) is wanted: the cache holds such keys",
        ),
        (
            lambda: filled().append(0, torch.zeros(B, 4, 1, d_k), torch.zeros(B, 4, 1, d_k)),
            ValueError,
            "key has shape (2, 4, 1, 5), (2, 3, t, 5) is wanted",
        ),
        (
            lambda: filled().append(0, torch.zeros(B, H, 1, 6), torch.zeros(B, H, 1, 6)),
            ValueError,
            "key has shape (2, 3, 1, 6), (2, 3, t, 5) is wanted",
        ),
        (
            lambda: filled().append(0, torch.zeros(B, H, 1, d_k), torch.zeros(B, H, 1, d_k)),
            TypeError,
            "key has dtype torch.float32, the cache's torch.float64 is wanted",
        ),
        (
            lambda: KVCache(L).reorder(torch.tensor([0])),
            ValueError,
            "the cache is empty, there are no rows to reorder",
        ),
        (
            lambda: filled().reorder(torch.tensor([0.0])),
            TypeError,
            "index has dtype torch.float32, torch.int64 or torch.int32 is wanted",
        ),
        (
            lambda: filled().reorder(torch.tensor([], dtype=torch.long)),
            ValueError,
            "index has shape (0,)",
        ),
        (
            lambda: filled().reorder(torch.tensor([[0, 1]])),
            ValueError,
            "index has shape (1, 2), (N,) is wanted",
        ),
        (
            lambda: filled().reorder(torch.tensor([0, 2])),
            ValueError,
            "0 to 1 are wanted",
        ),
        (lambda: filled().reorder(torch.tensor([-1, 0])), ValueError, "0 to 1 are wanted"),
    ],
)
def test_an_error_names_argument_given_and_wanted(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)
