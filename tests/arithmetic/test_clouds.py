"""Clouds: vectors with one bound for their whole error. Their norm is narrow, and all else is that of the box."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mamlcheck.arithmetic import ball
from mamlcheck.arithmetic.ball import BallArray
from mamlcheck.arithmetic.clouds import Cloud, ball_of_clouds, widened


def cloud(centre: list[float], error: float, rad: float | None = None) -> Cloud:
    mid = np.array([centre])
    return Cloud(BallArray(mid, None if rad is None else np.full(mid.shape, rad)), np.array([error]))


@pytest.mark.parametrize("d", [1, 2, 10, 300])
@pytest.mark.parametrize("scale", [1.0, 2.0**-400, 2.0**400])
def test_its_norm_is_that_of_the_centre_and_the_error(d: int, scale: float) -> None:
    x = cloud([3 * scale] + [4 * scale] * (d - 1), scale / 4)
    exact = scale * np.sqrt(9.0 + 16.0 * (d - 1))
    with ball_of_clouds.working():
        norm, box = ball_of_clouds.norm(x), ball.norm(x)
    assert ball.lower(norm) <= exact - scale / 4 < exact + scale / 4 <= ball.upper(norm)
    assert ball.upper(norm) - ball.lower(norm) <= scale / 2 * (1 + 1e-9)
    if d == 300:  # the box is looser by a factor of nearly the root of d
        assert ball.upper(box) - ball.lower(box) > 10 * scale / 2


def test_a_norm_is_not_negative() -> None:
    with ball_of_clouds.working():
        norm = ball_of_clouds.norm(cloud([0.0, 0.0], 2.0))
    assert ball.upper(norm) >= 2
    assert ball.lower(norm) > -1e-14


def test_every_vector_of_the_cloud_is_in_the_box() -> None:
    x = cloud([0.1, -0.3], 0.7, 1e-9)
    for share in ([1, 0], [0, -1], [Fraction(3, 5), Fraction(4, 5)]):
        for part, low, high, mid in zip(share, ball.lower(x)[0], ball.upper(x)[0], x.mid[0], strict=True):
            for rounding in (Fraction(1e-9), -Fraction(1e-9)):
                assert Fraction(low) <= Fraction(mid) + rounding + part * Fraction(0.7) <= Fraction(high)


def test_what_is_made_of_a_cloud_is_a_box() -> None:
    x = cloud([1.0, 2.0], 0.5)
    for made in (x + x, -x, x[0], x * 2):
        assert not isinstance(made, Cloud)
    assert ball.lower(x + x).tolist() <= [[1.0, 3.0]]
    assert (ball.upper(-x) >= [[-0.5, -1.5]]).all()


def test_nothing_added_to_a_point_leaves_a_point() -> None:
    x = widened(BallArray(np.array([1.0, 0.0])), np.array(0.0))
    assert ball.lower(x).tolist() == ball.upper(x).tolist() == [1.0, 0.0]
    with ball_of_clouds.working():
        norm = ball_of_clouds.norm(cloud([0.0, 0.0], 0.0))
    assert (float(ball.lower(norm)[0]), float(ball.upper(norm)[0])) == (0.0, 0.0)


def test_an_unknown_error_is_an_unbounded_cloud() -> None:
    for unknown in (np.nan, np.inf):
        with ball_of_clouds.working():
            norm = ball_of_clouds.norm(cloud([1.0], unknown))
        assert np.isinf(ball.upper(norm)).all()


def test_it_is_an_arithmetic_of_its_own() -> None:
    assert ball_of_clouds != ball
    assert (ball_of_clouds.name, ball_of_clouds.rigorous) == ("ball", True)
