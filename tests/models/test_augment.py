"""Augmentation: what can be known of random changes of images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedrec.errors import ParameterError
from embedrec.kernels.images import warp_images
from embedrec.models.augment import Augmentation
from tests.reference.nn import images as slow

STILL = np.array([[[1, 0, 0], [0, 1, 0]]], np.float32)


def draw_images(n=3, size=16, seed=0):
    return np.random.default_rng(seed).random((n, size, size)).astype(np.float32)


def warp(images, maps, fields=None, fill=0.0):
    out = np.empty_like(images)
    fields = np.empty((0, *images.shape[1:3], 2), np.float32) if fields is None else fields
    warp_images(images, maps, fields, np.float32(fill), out)
    return out


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([0.0, -1.5]))
def test_warping_is_bilinear_interpolation(seed, fill):
    generator = np.random.default_rng(seed)
    images = generator.random((2, 5, 6, 2)).astype(np.float32)
    maps = (np.repeat(STILL, 2, axis=0) + generator.normal(0, 0.3, (2, 2, 3))).astype(np.float32)
    fields = generator.normal(0, 1, (2, 5, 6, 2)).astype(np.float32)
    expected = slow.warp(images, maps, fields, fill)
    np.testing.assert_allclose(warp(images, maps, fields, fill), expected, rtol=0, atol=1e-4)


def test_a_map_of_whole_pixels_moves_the_image():
    images = draw_images(1)[..., None]
    moved = warp(images, STILL + np.array([[[0, 0, 2], [0, 0, -1]]], np.float32), fill=9)
    np.testing.assert_array_equal(moved[0, :-2, 1:], images[0, 2:, :-1])
    assert (moved[0, -2:] == 9).all()
    assert (moved[0, :, 0] == 9).all()


def test_nothing_asked_for_nothing_changed():
    images = draw_images()
    same = Augmentation(shift=0, rotation=0)(images, np.random.default_rng(0))
    np.testing.assert_allclose(same, images, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [{"shift": 2, "rotation": 0}, {"shift": 0, "rotation": 15}, {"shift": 0, "zoom": 0.2},
     {"shift": 0, "rotation": 0, "elastic": 1.0}],
)  # fmt: skip
def test_images_change_each_its_own_way_and_the_same_for_a_seed(options):
    images = np.repeat(draw_images(1), 4, axis=0)
    kept = images.copy()
    augmentation = Augmentation(**options)
    changed = augmentation(images, np.random.default_rng(1))
    assert all((changed[0] != other).any() for other in (images[0], changed[1], changed[2]))
    np.testing.assert_array_equal(changed, augmentation(images, np.random.default_rng(1)))
    assert (changed != augmentation(images, np.random.default_rng(2))).any()
    np.testing.assert_array_equal(images, kept)


def test_a_turn_keeps_the_middle_and_carries_the_edge():
    """An image that is a function of the distance from its middle stays as it is."""
    places = np.arange(15) - 7
    distance = np.hypot(places[:, None], places)
    image = np.exp(-((distance / 4) ** 2)).astype(np.float32)[None]
    turned = Augmentation(shift=0, rotation=45)(image, np.random.default_rng(0))
    np.testing.assert_allclose(turned, image, atol=0.02)


def test_shifts_stay_within_their_limit():
    maps = Augmentation(shift=2, rotation=0).draw_maps((500, 8, 8, 1), np.random.default_rng(0))
    assert 1.9 < np.abs(maps[:, :, 2]).max() <= 2
    np.testing.assert_array_equal(maps[:, :, :2], np.repeat(STILL[:, :, :2], 500, axis=0))


def test_displacements_are_as_large_as_asked_for_and_smooth():
    augmentation = Augmentation(elastic=1.5, elastic_width=4)
    fields = augmentation.draw_fields((400, 28, 28, 1), np.random.default_rng(0))
    np.testing.assert_allclose(np.sqrt((fields**2).mean()), 1.5, rtol=0.05)
    np.testing.assert_allclose(np.sqrt((fields[:, 0, 0] ** 2).mean()), 1.5, rtol=0.15)
    steps = np.diff(fields, axis=1)
    assert np.sqrt((steps**2).mean()) < 1.5 / 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Augmentation(shift=-1), "shift must be 0 or more, not -1"),
        (lambda: Augmentation(rotation=float("nan")), "rotation must be"),
        (lambda: Augmentation(zoom=1.0), "zoom must be below 1"),
        (lambda: Augmentation(elastic_width=0), "elastic_width must be above 0"),
        (lambda: Augmentation()(np.zeros((2, 3)), np.random.default_rng(0)), r"not float64 .*2, 3"),
        (lambda: Augmentation()(np.zeros((2, 3, 3), int), np.random.default_rng(0)), "not int64"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ParameterError, match=message):
        make()
