"""Images moved, turned, scaled and bent at random, so that a network sees each digit many ways.

LeCun et al. 1998, section III A, train LeNet-5 on shifted, scaled and sheared digits; bending by
smoothed random displacements is from Simard, Steinkraus and Platt 2003, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from embedrec.errors import ParameterError
from embedrec.kernels.images import warp_images
from embedrec.nn.parameter import Array


@dataclass(frozen=True)
class Augmentation:
    """Random changes of images; each is drawn anew for each image and each time.

    Attributes:
        shift: pixels by which an image is moved at most, in each direction.
        rotation: degrees by which it is turned at most, about its middle.
        zoom: share by which it is made larger or smaller at most, the same both ways.
        elastic: pixels by which places are displaced, the root of their mean square; 0 for none.
        elastic_width: over how many pixels displacements are alike (sigma of a Gaussian).
        fill: what stands where nothing of the image is left.

    Raises:
        ParameterError: if one is negative, not finite, or shrinks images to nothing.
    """

    shift: float = 2.0
    rotation: float = 10.0
    zoom: float = 0.0
    elastic: float = 0.0
    elastic_width: float = 4.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        for name in ("shift", "rotation", "zoom", "elastic"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise ParameterError(f"{name} must be 0 or more, not {value!r}", value=value)
        if self.zoom >= 1:
            raise ParameterError(f"zoom must be below 1, not {self.zoom!r}", value=self.zoom)
        if not 0 < self.elastic_width < float("inf"):
            raise ParameterError(
                f"elastic_width must be above 0, not {self.elastic_width!r}",
                value=self.elastic_width,
            )

    def __call__(self, images: Array, generator: np.random.Generator) -> Array:
        """Return changed images; they are floating (n, H, W) or (n, H, W, C), channels alike."""
        if images.ndim not in (3, 4) or images.dtype.kind != "f":
            raise ParameterError(
                f"images must be floating (n, H, W) or (n, H, W, C), not {images.dtype} of shape "
                f"{images.shape}",
                value=images.shape,
            )
        whole = np.ascontiguousarray(images).reshape(*images.shape[:3], -1)  # (n, H, W, C)
        maps = self.draw_maps(whole.shape, generator)
        fields = self.draw_fields(whole.shape, generator)
        out = np.empty(whole.shape, whole.dtype)
        warp_images(whole, maps, fields, whole.dtype.type(self.fill), out)
        return out.reshape(images.shape)

    def draw_maps(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Return float32 (n, 2, 3): for each image, the place that a place's value comes from.

        p -> R (p - middle) / s + middle - shift, with a rotation R and a scale s.
        """
        n, height, width, _ = shape
        angle = np.radians(generator.uniform(-self.rotation, self.rotation, n))
        scale = generator.uniform(1 - self.zoom, 1 + self.zoom, n)
        shift = generator.uniform(-self.shift, self.shift, (n, 2))
        turn = np.empty((n, 2, 2))
        turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle) / scale
        turn[:, 0, 1] = np.sin(angle) / scale
        turn[:, 1, 0] = -turn[:, 0, 1]
        middle = np.array([(height - 1) / 2, (width - 1) / 2])
        offset = middle - shift - turn @ middle  # (n, 2)
        return np.concatenate([turn, offset[:, :, None]], axis=2).astype(np.float32)

    def draw_fields(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Return float32 (n, H, W, 2), displacements; (0, H, W, 2) if there is no `elastic`.

        Uniform random numbers, smoothed by a Gaussian along both axes as products with a matrix
        each; the matrices' rows are scaled so that every place is displaced as much in the mean.
        """
        n, height, width, _ = shape
        if not self.elastic:
            return np.empty((0, height, width, 2), np.float32)
        noise = generator.uniform(-np.sqrt(3), np.sqrt(3), (n, 2, height, width))  # variance 1
        fields = self._smooth(height) @ noise.astype(np.float32) @ self._smooth(width).T
        return np.ascontiguousarray(fields.transpose(0, 2, 3, 1)) * np.float32(self.elastic)

    def _smooth(self, length: int) -> Array:
        places = np.arange(length)
        weights = np.exp(-(((places[:, None] - places) / self.elastic_width) ** 2) / 2)
        scaled: Array = weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))
        return scaled.astype(np.float32)
