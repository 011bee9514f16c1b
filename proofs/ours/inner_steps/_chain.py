"""Lemma 4.8 for N inner steps, whatever N is: the chain, generated. The bound is that of `steps_bound`.

Write w_k and u_k for the points of the inner steps, A(x) = I - alpha H_i(x), s = 1 + a and a = alpha L. A step takes
two points at most s times farther apart, and makes a gradient at most s times as long; |A| <= s. The difference of
A(w_0) ... A(w_{N-1}) grad f(w_N) and the same for u is a sum of N + 1 parts, in each of which one factor changes:

    A(w_0) ... A(w_{k-1}) (A(w_k) - A(u_k)) A(u_{k+1}) ... A(u_{N-1}) grad f(u_N),  k < N,

of length at most s^k alpha rho s^k |w - u| s^(N-1-k) s^N |grad f(u)|, and A(w_0) ... A(w_{N-1}) (grad f(w_N) -
grad f(u_N)), of length at most s^N L s^N |w - u|.
"""

from mamlcheck.language.terms import Expr, Vector
from mamlcheck.language.vocabulary import (
    TASK,
    hessian_lipschitz,
    inner_points,
    inner_rate,
    mean_gradient_norm,
    pull_back,
    smoothness,
)
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def chains(p: Proof, steps: int) -> list[Chain]:
    """With the gradients at u, and at w: the smaller bound counts."""
    return [chain(p, steps, "w", "u"), chain(p, steps, "u", "w")]


def chain(p: Proof, steps: int, here: str = "w", there: str = "u") -> Chain:
    """|grad F_N(w) - grad F_N(u)| <= M_N(u) |w - u|, the gradients of M_N at `there`."""
    return _Steps(p, steps, here, there).whole()


class _Steps:
    """The points of N inner steps from `here` and from `there`, and what is proved of them."""

    def __init__(self, p: Proof, steps: int, here: str, there: str):
        self.p, self.x, self.steps = p, p.language, steps
        self.there = there
        w, u = self.x.vector(here), self.x.vector(there)
        self.w, self.u = inner_points(self.x, w, steps), inner_points(self.x, u, steps)
        self.apart = self.x.norm(w - u)
        self.stretch = 1 + inner_rate(self.x) * smoothness(self.x)

    def slope(self, at: Vector) -> Vector:
        """grad f_i at a point."""
        return self.x.gradient(TASK, at)

    def named(self, what: str) -> str:
        """The name of a chain."""
        return f"{what}, gradients at {self.there}"

    # -- the points ------------------------------------------------------------------------------------------------
    def distances(self) -> list[Chain]:
        """|w_k - u_k| <= s^k |w - u|, k = 1, ..., N."""
        x, alpha, smooth = self.x, inner_rate(self.x), smoothness(self.x)
        found: list[Chain] = []
        for k in range(1, self.steps + 1):
            w, u = self.w[k - 1], self.u[k - 1]
            chain = self.p.chain(self.named(f"distance after step {k}"), x.norm(self.w[k] - self.u[k]))
            chain.step(
                "a step",
                x.norm(w - u) + alpha * x.norm(self.slope(w) - self.slope(u)),
                axiom("triangle", w - u, -alpha * (self.slope(w) - self.slope(u))),
            )
            chain.step(
                "Lipschitz gradient", self.stretch * x.norm(w - u), axiom("lipschitz_gradient", TASK, w, u).times(alpha)
            )
            if found:
                far = self.stretch**k * self.apart
                chain.step("the steps before", far, fact(found[-1].done()).times(1 + alpha * smooth))
            found.append(chain)
        return found

    def sizes(self) -> list[Chain]:
        """|grad f(u_k)| <= s^k |grad f(u)|, k = 1, ..., N."""
        x, found = self.x, list[Chain]()
        for k in range(1, self.steps + 1):
            before, after = self.slope(self.u[k - 1]), self.slope(self.u[k])
            chain = self.p.chain(self.named(f"size of the gradient after step {k}"), x.norm(after))
            chain.step(
                "around the one before",
                x.norm(before) + x.norm(after - before),
                axiom("triangle", before, after - before),
            )
            chain.step(
                "Lipschitz gradient",
                self.stretch * x.norm(before),
                axiom("lipschitz_gradient", TASK, self.u[k], self.u[k - 1]),
            )
            if found:
                grown = self.stretch**k * x.norm(self.slope(self.u[0]))
                chain.step("the steps before", grown, fact(found[-1].done()).times(self.stretch))
            found.append(chain)
        return found

    # -- the parts ---------------------------------------------------------------------------------------------------
    def pulled(self, chain: Chain, points: tuple[Vector, ...], v: Vector, factor: Expr) -> None:
        """Go on from factor |A(points_0) ... A(points_last) v| to factor s^(len(points)) |v|."""
        x, alpha = self.x, inner_rate(self.x)
        for k, at in enumerate(points):
            inner = v
            for point in reversed(points[k + 1 :]):
                inner = pull_back(x, point)(inner)
            chain.step(
                f"|A| <= 1 + a, {k + 1}",
                factor * self.stretch ** (k + 1) * x.norm(inner),
                axiom("triangle", inner, -alpha * x.hessian(TASK, at)(inner)).times(factor * self.stretch**k),
                axiom("operator_norm", TASK, at, inner).times(alpha * factor * self.stretch**k),
            )

    def part(self, k: int, distances: list[Chain], sizes: list[Chain]) -> Chain:
        """The part in which A(w_k) changes, k < N."""
        x, alpha, rho, s, n = self.x, inner_rate(self.x), hessian_lipschitz(self.x), self.stretch, self.steps
        inner = self.slope(self.u[n])
        for point in reversed(self.u[k + 1 : n]):
            inner = pull_back(x, point)(inner)
        w, u = self.w[k], self.u[k]
        bent = pull_back(x, w)(inner) - pull_back(x, u)(inner)
        chain = self.p.chain(self.named(f"part {k + 1}, where A(w_{k}) changes"), x.norm(self.changed(k)))
        self.pulled(chain, self.w[:k], bent, 1)
        chain.step(
            "Lipschitz Hessian",
            s**k * alpha * rho * x.norm(w - u) * x.norm(inner),
            axiom("lipschitz_hessian", TASK, w, u, inner).times(alpha * s**k),
        )
        factor = s ** (2 * k) * alpha * rho * self.apart
        if k:
            near = fact(distances[k - 1].done()).times(s**k * alpha * rho * x.norm(inner))
            chain.step("how far the points are apart", factor * x.norm(inner), near)
        self.pulled(chain, self.u[k + 1 : n], self.slope(self.u[n]), factor)
        left = factor * s ** (n - 1 - k)
        return chain.step(
            "size of the last gradient", left * s**n * x.norm(self.slope(self.u[0])), fact(sizes[-1].done()).times(left)
        )

    def last(self, distances: list[Chain]) -> Chain:
        """The part in which the last gradient changes."""
        x, s, n = self.x, self.stretch, self.steps
        change = self.slope(self.w[n]) - self.slope(self.u[n])
        chain = self.p.chain(self.named(f"part {n + 1}, where the last gradient changes"), x.norm(self.changed(n)))
        self.pulled(chain, self.w[:n], change, 1)
        chain.step(
            "Lipschitz gradient",
            s**n * smoothness(x) * x.norm(self.w[n] - self.u[n]),
            axiom("lipschitz_gradient", TASK, self.w[n], self.u[n]).times(s**n),
        )
        return chain.step(
            "how far the points are apart",
            s ** (2 * n) * smoothness(x) * self.apart,
            fact(distances[-1].done()).times(s**n * smoothness(x)),
        )

    def mixed(self, k: int) -> Vector:
        """A(w_0) ... A(w_{k-1}) A(u_k) ... A(u_{N-1}) grad f(u_N); with the gradient at w_N for k = N + 1."""
        n = self.steps
        found = self.slope(self.w[n] if k > n else self.u[n])
        for point in reversed((*self.w[: min(k, n)], *self.u[min(k, n) : n])):
            found = pull_back(self.x, point)(found)
        return found

    def changed(self, k: int) -> Vector:
        """What changes where the factor k does."""
        return self.mixed(k + 1) - self.mixed(k)

    # -- the whole ---------------------------------------------------------------------------------------------------
    def whole(self) -> Chain:
        """Chain rule, Jensen, the parts one by one."""
        x, n, s = self.x, self.steps, self.stretch
        distances, sizes = self.distances(), self.sizes()
        parts = [*(self.part(k, distances, sizes) for k in range(n)), self.last(distances)]
        w, u = self.w[0], self.u[0]
        change = self.mixed(n + 1) - self.mixed(0)
        difference = x.meta_gradient(w, steps=n) - x.meta_gradient(u, steps=n)
        half_way = x.mean_vector(TASK, self.mixed(n + 1)) - x.meta_gradient(u, steps=n)

        chain = self.p.chain(f"gradients at {self.there}", x.norm(difference))
        chain.step(
            "chain rule: grad F_N = E_i A ... A grad f(w_N)",
            x.norm(x.mean_vector(TASK, change)),
            axiom("chain_rule_steps", TASK, w, n).within(difference),
            axiom("chain_rule_steps", TASK, u, n).within(half_way, -1),
        )
        chain.step("Jensen over tasks", x.mean(TASK, x.norm(change)), axiom("jensen_norm", TASK, change))
        chain.step(
            "one factor after the other",
            x.mean(TASK, sum((x.norm(self.changed(k)) for k in range(n + 1)), start=0 * s)),
            *(axiom("triangle", self.mixed(k + 1) - self.mixed(0), self.changed(k + 1)).mean(TASK) for k in range(n)),
        )
        slope = inner_rate(x) * hessian_lipschitz(x) * s ** (2 * n - 1) * sum(s**k for k in range(n))
        return chain.step(
            "each part",
            (s ** (2 * n) * smoothness(x) + slope * mean_gradient_norm(x, u)) * self.apart,
            *(fact(part.done()).mean(TASK) for part in parts),
        )
