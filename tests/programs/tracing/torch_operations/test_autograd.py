"""Every operation against PyTorch's autograd: its value, gradient, and second derivatives in float64."""

from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402, N812
from torch import Tensor  # noqa: E402
from torch_programs import assert_like_autograd  # noqa: E402

TOLERANCE = 1e-12  # of the largest number: what rounding may take of results of a few hundred operations
# Where PyTorch is less exact: its derivatives have 1/6 and 1/alpha in float32, or a small number added to p (1 - p).
INEXACT = {"hardsigmoid": 1e-7, "celu": 1e-7, "bce": 1e-9}

MADE = torch.Generator().manual_seed(5)


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=MADE)


X, Y = normal(3, 4), normal(3, 4)
POSITIVE = normal(3, 4).abs() + 0.2
IMAGES, VOLUMES, LINES = normal(2, 4, 7, 6), normal(2, 2, 5, 4, 6), normal(2, 4, 9)
LABELS = torch.tensor([0, 3, 1])
MASK = X > 0
INDEX = torch.tensor([[0, 2, 1, 0], [1, 1, 0, 2]])

# name: (function of one tensor, the tensor)
ELEMENTWISE: dict[str, tuple[Callable[[Tensor], Tensor], Tensor]] = {
    "add": (lambda x: x + 2 * Y + 3, X),
    "add, alpha": (lambda x: torch.add(x, Y, alpha=3), X),
    "sub": (lambda x: 3 - (x - Y), X),
    "sub, broadcast": (lambda x: x[:, None] - x[None], X),
    "mul": (lambda x: x * Y * x * 0.1, X),
    "div": (lambda x: Y / x + x / 3 + 2 / x, POSITIVE),
    "neg": (lambda x: -x, X),
    "reciprocal": (torch.reciprocal, POSITIVE),
    "square": (torch.square, X),
    "power 3": (lambda x: x**3, X),
    "power 0": (lambda x: x**0 * x, X),
    "power -2": (lambda x: x**-2, X),
    "power 0.5": (lambda x: x**0.5, POSITIVE),
    "power 1.5": (lambda x: x**1.5, POSITIVE),
    "power 0.3": (lambda x: x**0.3, POSITIVE),
    "power of a number": (lambda x: 2.5**x, X),
    "power of both": (lambda x: x**x, POSITIVE),
    "addcmul": (lambda x: torch.addcmul(x, x, Y, value=0.3), X),
    "addcdiv": (lambda x: torch.addcdiv(x, Y, x, value=0.3), POSITIVE),
    "lerp": (lambda x: torch.lerp(x, Y, 0.3) + torch.lerp(x, Y, x), X),
    "exp": (torch.exp, X),
    "exp2": (torch.exp2, X),
    "expm1": (torch.expm1, X),
    "log": (torch.log, POSITIVE),
    "log2": (torch.log2, POSITIVE),
    "log10": (torch.log10, POSITIVE),
    "log1p": (torch.log1p, POSITIVE),
    "sqrt": (torch.sqrt, POSITIVE),
    "rsqrt": (torch.rsqrt, POSITIVE),
    "sin": (torch.sin, X),
    "cos": (torch.cos, X),
    "tan": (torch.tan, X),
    "sinh": (torch.sinh, X),
    "cosh": (torch.cosh, X),
    "atan": (torch.atan, X),
    "asinh": (torch.asinh, X),
    "acosh": (lambda x: torch.acosh(1 + x), POSITIVE),
    "atanh": (lambda x: torch.atanh(x / 5), X),
    "tanh": (torch.tanh, X),
    "erf": (torch.erf, X),
    "erfc": (torch.erfc, X),
    "sigmoid": (torch.sigmoid, X),
    "logit": (lambda x: torch.logit(torch.sigmoid(x)), X),
    "relu": (torch.relu, X),
    "relu6": (lambda x: F.relu6(5 * x), X),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.2), X),
    "prelu": (lambda x: F.prelu(x, x[0, :1]) + F.prelu(x, x[0]), X),
    "elu": (lambda x: F.elu(x, 0.7), X),
    "selu": (F.selu, X),
    "celu": (lambda x: F.celu(x, 0.7), X),
    "gelu": (F.gelu, X),
    "gelu, tanh": (lambda x: F.gelu(x, approximate="tanh"), X),
    "silu": (F.silu, X),
    "mish": (F.mish, X),
    "softplus": (lambda x: F.softplus(x, 2, 0.5), X),
    "softsign": (F.softsign, X),
    "tanhshrink": (F.tanhshrink, X),
    "softshrink": (F.softshrink, X),
    "hardshrink": (F.hardshrink, X),
    "logsigmoid": (F.logsigmoid, X),
    "hardtanh": (lambda x: F.hardtanh(x, -0.5, 0.7), X),
    "hardsigmoid": (lambda x: F.hardsigmoid(4 * x), X),
    "hardswish": (lambda x: F.hardswish(4 * x), X),
    "threshold": (lambda x: F.threshold(x, 0.3, 2.0), X),
    "glu": (F.glu, X),
    "where": (lambda x: torch.where(x > 0.3, x * x, 2 * x) + torch.where(MASK, x, Y), X),
    "where, numbers": (lambda x: torch.where(x < 0.3, x, 2.0) + torch.where(MASK, 1.0, x), X),
    "comparisons": (lambda x: x * (x >= 0) + x * x * (x <= 0.1) + x * ((x == 0) | ~(x != 0)), X),
    "and, or": (lambda x: x * x * ((x > -1) & (x < 1) | (x > 2)), X),
    "logical": (lambda x: x * torch.logical_and(x > -1, torch.logical_not(x > 1)).double(), X),
    "abs": (torch.abs, X),
    "sign": (lambda x: torch.sign(x) * x, X),
    "clamp": (lambda x: x.clamp(-0.5, 0.7) + x.clamp(min=0.1) + x.clamp(max=0.1) + torch.clamp(x, Y - 1, Y), X),
    "maximum": (lambda x: torch.maximum(x, Y) * torch.minimum(x * x, Y) + torch.max(x, Y), X),
    "masked_fill": (lambda x: x.masked_fill(MASK, 2.0) ** 2, X),
    "nan_to_num": (lambda x: torch.nan_to_num(x), X),
    "float_power": (lambda x: torch.float_power(x, 2), X),
    "atan2-free hypot": (lambda x: torch.hypot(x, Y), X),
    "logaddexp": (lambda x: torch.logaddexp(x, Y), X),
    "sinc": (lambda x: torch.sinc(x), POSITIVE),
    "dist": (lambda x: torch.dist(x, Y), X),
    "true_divide by whole": (lambda x: x / torch.tensor([1, 2, 3, 4]), X),
}

REDUCED: dict[str, tuple[Callable[[Tensor], Tensor], Tensor]] = {
    "sum": (lambda x: x.sum(1) * x.sum((0, 1)) + x.sum(-1, keepdim=True), X),
    "mean": (lambda x: x.mean(0) * x.mean() + x.mean(1, keepdim=True), X),
    "var": (lambda x: x.var() + x.var(1) + x.var(0, unbiased=False).sum() + x.var((0, 1), keepdim=True), X),
    "var, correction": (lambda x: torch.var(x, 1, correction=2) * torch.var(x, False), X),
    "std": (lambda x: x.std() + x.std(1) + torch.std(x, 1, correction=0), X),
    "var_mean": (lambda x: sum(torch.var_mean(x, 1)) + sum(torch.std_mean(x, 1, correction=0)), X),
    "norm": (lambda x: x.norm() + x.norm(dim=1) + torch.linalg.vector_norm(x, 1, dim=1), X),
    "norm 3, inf": (lambda x: torch.linalg.vector_norm(x, 3) + torch.linalg.vector_norm(x, float("inf"), dim=1), X),
    "norm -inf": (lambda x: torch.linalg.vector_norm(x, float("-inf"), dim=1), X),
    "Frobenius": (lambda x: torch.linalg.matrix_norm(x) + torch.linalg.norm(x), X),
    "amax": (lambda x: x.amax(1) * x.amin((0, 1)) + x.amax(0).sum(), X),
    "max": (lambda x: x.max() * x.min() + x.max(1)[0] + x.min(0, keepdim=True)[0].sum(), X),
    "logsumexp": (lambda x: torch.logsumexp(x, 1) + torch.logsumexp(x, (0, 1), keepdim=True), X),
    "cumsum": (lambda x: x.cumsum(0) * x.cumsum(1), X),
    "prod": (lambda x: x.prod(1) + x.prod(), X),
    "softmax": (lambda x: x.softmax(0) * F.softmax(x, 1), X),
    "log_softmax": (lambda x: x.log_softmax(0) * F.log_softmax(x, -1), X),
    "softmin": (lambda x: F.softmin(x, 1), X),
    "normalize": (lambda x: F.normalize(x, dim=1), X),
    "cosine_similarity": (lambda x: F.cosine_similarity(x, Y, 1), X),
    "pairwise_distance": (lambda x: F.pairwise_distance(x, Y), X),
    "cdist": (lambda x: torch.cdist(x, Y), X),
    "cdist, squares": (lambda x: torch.cdist(x, Y, compute_mode="use_mm_for_euclid_dist"), X),
    "batch_norm": (lambda x: F.batch_norm(x, None, None, x[0, :, 0, 0], x[1, :, 0, 0], True), IMAGES),
    "batch_norm, running": (lambda x: F.batch_norm(x, Y[0], Y[0] ** 2 + 1, Y[1], Y[2], False), IMAGES),
    "layer_norm": (lambda x: F.layer_norm(x, (7, 6), x[0, 0], x[1, 1]), IMAGES),
    "group_norm": (lambda x: F.group_norm(x, 2, x[0, :, 0, 0], x[1, :, 1, 1]), IMAGES),
    "instance_norm": (lambda x: F.instance_norm(x), IMAGES),
    "rms_norm": (lambda x: F.rms_norm(x, (6,), x[0, 0, 0]), IMAGES),
    "local_response_norm": (lambda x: F.local_response_norm(x, 2), IMAGES),
    "mm": (lambda x: x @ Y.T @ x, X),
    "bmm": (lambda x: torch.bmm(x[:2, :, None], x[:2, None]), X),
    "matmul": (lambda x: torch.matmul(IMAGES.transpose(2, 3), x[0]), normal(2, 7, 3)),
    "mv": (lambda x: x @ x[0] + x.mv(Y[0]), X),
    "dot": (lambda x: x[0] @ x[1] + torch.dot(x[0], Y[0]) + torch.outer(x[0], x[1]).sum(), X),
    "addmm": (lambda x: torch.addmm(x[:, :3], x, Y.T, beta=0.3, alpha=2), X),
    "baddbmm": (lambda x: torch.baddbmm(x[:, :, None], x[:, :, None], x[:, :1, None], beta=0.3, alpha=2), X),
    "addmv": (lambda x: torch.addmv(x[:, 0], x, Y[0], alpha=2), X),
    "addbmm": (
        lambda x: torch.addbmm(
            x[:, :3], x[:, :, None].transpose(1, 2).reshape(3, 1, 4).expand(3, 3, 4), Y.T.expand(3, 4, 3)
        ),
        X,
    ),
    "einsum": (lambda x: torch.einsum("ij,kj->ik", x, Y) * torch.einsum("ij,ij->", x, x), X),
    "bilinear": (lambda x: F.bilinear(x[:, :3], Y, x[None, :, :4].expand(2, 3, 4)), X),
    "linear": (lambda x: F.linear(IMAGES, x, x[:, 0]), normal(5, 6)),
    "conv1d": (lambda w: F.conv1d(LINES, w, w[:, 0, 0], stride=2, padding=1, dilation=2), normal(3, 4, 3)),
    "conv1d, same": (lambda w: F.conv1d(LINES, w, padding="same"), normal(3, 4, 3)),
    "conv2d": (lambda w: F.conv2d(IMAGES, w, stride=(2, 1), padding=(1, 0)) ** 2, normal(3, 4, 3, 2)),
    "conv2d, groups": (lambda w: F.conv2d(IMAGES, w, groups=2, dilation=(1, 2)) ** 2, normal(6, 2, 3, 2)),
    "conv2d, depthwise": (lambda w: F.conv2d(IMAGES, w, groups=4) ** 2, normal(4, 1, 3, 2)),
    "conv2d of x": (lambda x: F.conv2d(x, x[:, :2, :3, :3], groups=2) ** 2, IMAGES),
    "conv3d": (lambda w: F.conv3d(VOLUMES, w, stride=(1, 2, 1), padding=1) ** 2, normal(3, 2, 3, 2, 3)),
    "conv_transpose1d": (
        lambda w: F.conv_transpose1d(LINES, w, stride=3, output_padding=1, padding=2) ** 2,
        normal(4, 3, 3),
    ),
    "conv_transpose2d": (
        lambda w: F.conv_transpose2d(IMAGES, w, w[0, 0, 0, :1].expand(6), (2, 1), 1, (1, 0), 2, dilation=(2, 1)) ** 2,
        normal(4, 3, 3, 2),
    ),
    "conv_transpose3d": (lambda w: F.conv_transpose3d(VOLUMES, w, stride=2) ** 2, normal(2, 1, 2, 2, 2)),
    "max_pool1d": (lambda x: F.max_pool1d(x, 3, 2, 1), LINES),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2).sum() * F.max_pool2d(x, 3, 2, 1), IMAGES),
    "max_pool2d, dilated": (lambda x: F.max_pool2d(x, 2, 1, 1, 2), IMAGES),
    "max_pool2d, ceil": (lambda x: F.max_pool2d(x, 2, 2, ceil_mode=True), IMAGES),
    "max_pool3d": (lambda x: F.max_pool3d(x, 2, 2, 1), VOLUMES),
    "avg_pool1d": (lambda x: F.avg_pool1d(x, 3, 2, 1) ** 2, LINES),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 3, 2, 1) ** 2, IMAGES),
    "avg_pool2d, ceil": (lambda x: F.avg_pool2d(x, (3, 2), 2, (1, 0), ceil_mode=True) ** 2, IMAGES),
    "avg_pool2d, without padding": (
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False) ** 2,
        IMAGES,
    ),
    "avg_pool2d, divisor": (lambda x: F.avg_pool2d(x, 3, divisor_override=5) ** 2, IMAGES),
    "avg_pool3d": (lambda x: F.avg_pool3d(x, 2, 1, 1) ** 2, VOLUMES),
    "adaptive_avg_pool1d": (lambda x: F.adaptive_avg_pool1d(x, 4) ** 2, LINES),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, (3, 4)) ** 2, IMAGES),
    "adaptive_avg_pool2d, 1": (lambda x: F.adaptive_avg_pool2d(x, 1) ** 2, IMAGES),
    "adaptive_avg_pool3d": (lambda x: F.adaptive_avg_pool3d(x, (3, 2, 4)) ** 2, VOLUMES),
    "adaptive_max_pool1d": (lambda x: F.adaptive_max_pool1d(x, 4), LINES),
    "adaptive_max_pool2d": (lambda x: F.adaptive_max_pool2d(x, (3, 4)), IMAGES),
    "adaptive_max_pool3d": (lambda x: F.adaptive_max_pool3d(x, (3, 2, 4)), VOLUMES),
    "lp_pool": (lambda x: F.lp_pool2d(x.abs() + 0.1, 2, 2), IMAGES),
}

MOVED: dict[str, tuple[Callable[[Tensor], Tensor], Tensor]] = {
    "view": (lambda x: x.view(2, 6) * x.reshape(6, 2).T, X),
    "flatten": (lambda x: x.flatten() * x.unflatten(1, (2, 2)).ravel(), X),
    "unsqueeze": (lambda x: x.unsqueeze(1).squeeze(1) * x[None].squeeze(), X),
    "permute": (lambda x: IMAGES.permute(3, 1, 0, 2) @ x.movedim(0, 1).transpose(0, 1).mT.mT, normal(7, 3)),
    "slice": (lambda x: x[1:, ::2] * x[:2, 1:3] * x[1:, -1:], X),
    "select": (lambda x: x[1] * x.select(0, 2) * x.narrow(1, 1, 1).sum(), X),
    "index": (lambda x: x[[0, 2, 2]][:, [1, 1]] * x[torch.tensor([0, 1, 1]), torch.tensor([3, 3, 0])].sum(), X),
    "index, flags": (lambda x: x[MASK] ** 3, X),
    "index_select": (lambda x: x.index_select(1, LABELS) ** 2, X),
    "gather": (lambda x: x.gather(0, INDEX) ** 2 * torch.take_along_dim(x, INDEX, 0), X),
    "take": (lambda x: x.take(INDEX) ** 2, X),
    "masked_select": (lambda x: x.masked_select(MASK) ** 2, X),
    "scatter": (lambda x: torch.zeros(5, 4, dtype=torch.float64).scatter(0, INDEX[:1], x[:1]) ** 2, X),
    "scatter, number": (lambda x: x.scatter(0, INDEX[:1], 2.0) ** 2, X),
    "scatter_add": (lambda x: x.scatter_add(0, INDEX, x[:2] ** 2) ** 2, X),
    "index_add": (lambda x: x.index_add(0, torch.tensor([0, 0]), x[1:] ** 2, alpha=0.5) ** 2, X),
    "index_copy": (lambda x: x.index_copy(0, torch.tensor([0, 2]), x[1:] ** 2) ** 2, X),
    "index_fill": (lambda x: x.index_fill(1, torch.tensor([0, 2]), 3.0) ** 2, X),
    "index_put": (lambda x: x.index_put((torch.tensor([0, 1]), torch.tensor([2, 2])), x[0, :2] ** 2) ** 2, X),
    "index_put, added": (
        lambda x: x.index_put((torch.tensor([0, 0]), torch.tensor([2, 2])), x[0, :2] ** 2, accumulate=True) ** 2,
        X,
    ),
    "masked_scatter": (lambda x: x.masked_scatter(MASK, x.flip(0) ** 2) ** 2, X),
    "as_strided": (lambda x: x.as_strided((3, 3), (2, 3), 1) ** 2, X),
    "expand": (lambda x: x[:, None].expand(3, 2, 4).reshape(6, 4) @ x.expand_as(x).T, X),
    "flip": (lambda x: x.flip(0) * x.roll(1, 1) * x.roll(2) * torch.fliplr(x), X),
    "rot90": (lambda x: torch.rot90(x) @ x, X),
    "cat": (lambda x: torch.cat([x, Y, x], 1) ** 2, X),
    "cat, empty": (lambda x: torch.cat([torch.zeros(0, dtype=torch.float64), x]) ** 2, X),
    "stack": (lambda x: torch.stack([x, Y, x], 1) ** 3, X),
    "hstack": (lambda x: torch.hstack([x, x]) * torch.vstack([x, x]).reshape(3, 8), X),
    "split": (lambda x: x.split(2, 1)[0] * x.split([1, 3], 1)[1][:, :2] * x.chunk(2, 1)[1], X),
    "unbind": (lambda x: x.unbind(1)[0] * x.unbind(1)[3], X),
    "unfold": (lambda x: x.unfold(1, 2, 1) ** 2, X),
    "im2col": (lambda x: F.unfold(x, 3, padding=1) ** 2, IMAGES),
    "repeat": (lambda x: x.repeat(2, 3) ** 2 * x.tile(2, 3) * x.repeat_interleave(2, 0).repeat(1, 3), X),
    "pad": (lambda x: F.pad(x, (1, 2, 0, 1)) ** 2, X),
    "pad, number": (lambda x: F.pad(x, (1, 2, 0, 1), value=1.5) ** 2, X),
    "pad, cut": (lambda x: F.pad(x, (-1, 2)) ** 2, X),
    "pad, reflect": (lambda x: F.pad(x, (1, 2, 2, 1), mode="reflect") ** 2, IMAGES),
    "pad, replicate": (lambda x: F.pad(x, (1, 2, 2, 1), mode="replicate") ** 2, IMAGES),
    "pad, circular": (lambda x: F.pad(x, (1, 2, 2, 1), mode="circular") ** 2, IMAGES),
    "pad 1-d": (lambda x: F.pad(x, (1, 2), mode="reflect") * F.pad(x, (1, 2), mode="replicate"), LINES),
    "tril": (lambda x: x.tril() @ x.triu(1).T + torch.diag(x[0])[:3, :3], X),
    "diagonal": (lambda x: x.diagonal() * torch.diag_embed(x[0]).diagonal()[:3] * x[:, :3].trace(), X),
    "pixel_shuffle": (lambda x: F.pixel_shuffle(x, 2) ** 2, IMAGES),
    "upsample": (lambda x: F.interpolate(x, scale_factor=2) ** 2, IMAGES),
    "upsample, bilinear": (lambda x: F.interpolate(x, scale_factor=2, mode="bilinear") ** 2, IMAGES),
    "in place": (lambda x: (x * 1).mul_(x).add_(1).add_(x).t_().mul_(2) ** 2, X),
    "in place, part": (lambda x: written(x) ** 2, X),
    "fill": (lambda x: (x * 1).index_fill_(0, torch.tensor([0]), 1.0).fill_diagonal_(2.0) ** 2, X),
    "copy": (lambda x: torch.empty(3, 4, dtype=torch.float64).copy_(x) ** 2, X),
    "like": (lambda x: (torch.zeros_like(x) + torch.ones_like(x) + torch.full_like(x, 2) + x.new_zeros(4)) * x, X),
    "created": (lambda x: x * torch.arange(4) * torch.linspace(0, 1, 4, dtype=x.dtype) + torch.eye(4)[0] * x, X),
    "casts": (lambda x: x.double().to(torch.float64).type_as(Y) * (x > 0).to(x.dtype), X),
    "detach": (lambda x: x.detach() * x, X),
    "data": (lambda x: x.data * x, X),
    "no_grad": (lambda x: without_derivative(x) * x, X),
}


def written(x: Tensor) -> Tensor:
    """Parts written through views, read through others."""
    y = torch.zeros(3, 4, dtype=torch.float64)
    z = y.view(-1)
    y[0] = x[1]
    y[:, 1] += x[:, 0] ** 2
    z[5:7] *= x[0, :2]
    return y * z.view(3, 4).clone() * y.t().t()


def without_derivative(x: Tensor) -> Tensor:
    with torch.no_grad():
        return (x * x).exp()


HIDDEN = torch.tensor([[1.0, -1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, 1.0, 1.0]])


def masked(x: Tensor) -> Tensor:
    y = x * 2
    y[0].masked_fill_(torch.tensor([False, True, False]), float("-inf"))
    y[2, 1] = float("-inf")
    return y


LOSSES: dict[str, tuple[Callable[[Tensor], Tensor], Tensor]] = {
    "cross_entropy": (lambda x: F.cross_entropy(x, LABELS), X),
    "cross_entropy, sum": (lambda x: F.cross_entropy(x, LABELS, reduction="sum"), X),
    "cross_entropy, none": (lambda x: F.cross_entropy(x, LABELS, reduction="none"), X),
    "cross_entropy, weight": (lambda x: F.cross_entropy(x, LABELS, torch.arange(1.0, 5.0, dtype=x.dtype)), X),
    "cross_entropy, ignored": (lambda x: F.cross_entropy(x, torch.tensor([0, -100, 1])), X),
    "cross_entropy, smoothed": (
        lambda x: F.cross_entropy(
            x, torch.tensor([0, 1, 3]), torch.arange(1.0, 5.0, dtype=x.dtype), ignore_index=1, label_smoothing=0.1
        ),
        X,
    ),
    "cross_entropy, soft": (lambda x: F.cross_entropy(x, Y.softmax(1), label_smoothing=0.2), X),
    "cross_entropy, one": (lambda x: F.cross_entropy(x[0], LABELS[1]), X),
    "cross_entropy 2-d": (lambda x: F.cross_entropy(x, torch.zeros(2, 7, 6, dtype=torch.int64) + 2), IMAGES),
    "nll": (lambda x: F.nll_loss(x, LABELS), X),
    "mse": (lambda x: F.mse_loss(x, Y) * F.mse_loss(x, Y, reduction="sum") + F.mse_loss(x, Y, reduction="none"), X),
    "l1": (lambda x: F.l1_loss(x, Y), X),
    "smooth_l1": (lambda x: F.smooth_l1_loss(x, Y, beta=0.7) + F.smooth_l1_loss(x, Y, beta=0), X),
    "huber": (lambda x: F.huber_loss(x, Y, delta=0.7), X),
    "bce": (lambda x: F.binary_cross_entropy(torch.sigmoid(x), torch.sigmoid(Y), Y.abs()), X),
    "bce with logits": (
        lambda x: F.binary_cross_entropy_with_logits(x, torch.sigmoid(Y), Y.abs(), pos_weight=Y.abs()),
        X,
    ),
    "kl_div": (lambda x: F.kl_div(x.log_softmax(1), Y.softmax(1), reduction="batchmean"), X),
    "kl_div, zeros": (lambda x: F.kl_div(x.log_softmax(1), F.relu(Y), reduction="sum"), X),
    "kl_div, logarithms": (lambda x: F.kl_div(x.log_softmax(1), Y.log_softmax(1), log_target=True, reduction="sum"), X),
    "kl_div of both": (lambda x: F.kl_div(x.log_softmax(1), x.softmax(0), reduction="sum"), X),
    "soft_margin": (lambda x: F.soft_margin_loss(x, Y.sign()), X),
    "hinge_embedding": (lambda x: F.hinge_embedding_loss(x, Y.sign()), X),
    "margin_ranking": (lambda x: F.margin_ranking_loss(x[0], x[1], Y[0].sign(), margin=0.1), X),
    "triplet": (lambda x: F.triplet_margin_loss(x, Y, x.flip(0)), X),
    "cosine_embedding": (lambda x: F.cosine_embedding_loss(x, Y, torch.tensor([1, -1, 1])), X),
    "multi_margin": (lambda x: F.multi_margin_loss(x, LABELS), X),
    "multilabel_soft_margin": (lambda x: F.multilabel_soft_margin_loss(x, (Y > 0).double()), X),
    "poisson_nll": (lambda x: F.poisson_nll_loss(x, Y.abs()), X),
    "gaussian_nll": (lambda x: F.gaussian_nll_loss(x, Y, x**2 + 1), X),
    "embedding": (lambda x: F.embedding(INDEX[:, :3], x, padding_idx=1) ** 2, X),
    "attention, causal": (
        lambda x: F.scaled_dot_product_attention(x[None], x[None] * Y, Y[None] + x, is_causal=True),
        X,
    ),
    "attention, mask": (
        lambda x: F.scaled_dot_product_attention(x[None], x[None] * Y, Y[None] + x, attn_mask=HIDDEN < 0),
        X,
    ),
    "masked by a sum": (lambda x: (x @ Y.T / 2 + torch.where(HIDDEN < 0, float("-inf"), 0.0)).softmax(-1), X),
    "masked by filling": (lambda x: ((x @ Y.T).masked_fill(HIDDEN < 0, float("-inf")) / 2).T.softmax(0) @ x, X),
    "masked in place": (lambda x: masked(x @ Y.T).view(3, 3).softmax(-1), X),
    "embedding_bag": (
        lambda x: F.embedding_bag(INDEX[:, :3], x, padding_idx=1) * F.embedding_bag(INDEX[:, :3], x, mode="sum"),
        X,
    ),
    "embedding_bag, offsets": (
        lambda x: F.embedding_bag(INDEX[0, :3], x, torch.tensor([0, 2, 2]), mode="sum", per_sample_weights=x[0, :3]),
        X,
    ),
    "one_hot": (lambda x: (F.one_hot(LABELS, 4) * x) ** 2, X),
    "attention": (lambda x: F.scaled_dot_product_attention(x[None], x[None] * Y, Y[None] + x), X),
}
ALL = {"elementwise": ELEMENTWISE, "reduced": REDUCED, "moved": MOVED, "losses": LOSSES}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, every in ALL.items() for name in every])
def test_an_operation_is_what_autograd_makes_of_it(kind: str, name: str) -> None:
    """Weighted with sines, so that nothing cancels, and squared, so that there are second derivatives."""
    function, x = ALL[kind][name]

    def loss(given: dict[str, Tensor]) -> Tensor:
        y = function(given["x"])
        weights = torch.sin(torch.arange(1.0, y.numel() + 1, dtype=torch.float64)).reshape(y.shape)
        return (weights * (y + y**2)).sum()

    assert_like_autograd(loss, {"x": x}, INEXACT.get(name, TOLERANCE))
