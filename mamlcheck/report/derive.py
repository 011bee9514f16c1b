"""`mamlcheck derive`: the symbolic models as text, LaTeX, MathML or JSON, in short steps.

Every line comes from `meta.models`, where the package's own formulas run on symbols; nothing is typed in here but
titles and what the letters mean.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mamlcheck.errors import InputError
from mamlcheck.meta.expectation import multisets
from mamlcheck.meta.models import Names, Setting, SymbolicModel, generic_psi, psi_of, unknown_loss
from mamlcheck.report.mathml import statement_html
from mamlcheck.tasks.expression import parse_expression, variable
from mamlcheck.tasks.losses import builtin_losses

GENERIC = "psi"  # stands for the unknown loss


@dataclass(frozen=True)
class Kind:
    """A model that can be asked for: its name, title, what stands left of its equals sign, and where it comes from."""

    name: str
    title: str
    text: str
    latex: str
    of: Callable[[SymbolicModel], Any]


KINDS = (
    Kind("F", "The meta-objective, equation (2)", "F(w)", "F(w)", SymbolicModel.objective),
    Kind("grad_F", "The gradient of F", "grad F(w)", r"\nabla F(w)", SymbolicModel.meta_gradient),
    Kind(
        "F_hat",
        "The stochastic meta-objective, equation (3)",
        "F^(w)",
        r"\hat{F}(w)",
        SymbolicModel.stochastic_objective,
    ),
    Kind(
        "grad_F_hat", "The gradient of F^", "grad F^(w)", r"\nabla \hat{F}(w)", SymbolicModel.stochastic_meta_gradient
    ),
    Kind("L", "The smoothness bound of Lemma 4.8", "L(w)", "L(w)", SymbolicModel.smoothness_bound),
    Kind(
        "L_tilde",
        "Its estimate from batches, Lemma 4.9",
        "L~(w)",
        r"\tilde{L}(w)",
        SymbolicModel.stochastic_smoothness_bound,
    ),
    Kind("MAML", "The direction of MAML, equation (5)", "MAML", r"d^{\mathrm{MAML}}", SymbolicModel.maml),
    Kind("FO-MAML", "The direction of FO-MAML, equation (8)", "FO-MAML", r"d^{\mathrm{FO}}", SymbolicModel.fo_maml),
    Kind(
        "HF-MAML",
        "The direction of HF-MAML, equations (10), (11)",
        "HF-MAML",
        r"d^{\mathrm{HF}}",
        SymbolicModel.hf_maml,
    ),
)


@dataclass(frozen=True)
class Line:
    """left = right, as text and as LaTeX."""

    text: tuple[str, str]
    latex: tuple[str, str]


@dataclass(frozen=True)
class Derived:
    """A model: the steps it needs that none before it has shown, then its value, a line for each coordinate."""

    kind: Kind
    steps: tuple[Line, ...]
    value: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.steps + self.value


@dataclass(frozen=True)
class Derivation:
    """The models asked for, in a setting and under a loss."""

    setting: Setting
    loss: str
    psi: tuple[Line, ...]
    models: tuple[Derived, ...]


def derive(names: tuple[str, ...] = (), loss: str = GENERIC, setting: Setting | None = None) -> Derivation:
    """Derive the models of these names, or all.

    loss: 'psi' for an unknown one, a built-in loss, or an expression in t. Raises `InputError` for an unknown name, a
    loss that cannot be read, and (by `Setting`) for d > 3.
    """
    chosen = _chosen(names)
    text = _loss_text(loss)
    steps = Names()
    model = SymbolicModel(setting or Setting(), generic_psi(), steps)
    printers = _printers(steps.latex)
    found = []
    for kind in chosen:
        seen = len(steps.definitions)
        value = kind.of(model)
        new = list(steps.definitions.items())[seen:]
        found.append(Derived(kind, tuple(_line(s, e, printers) for s, e in new), _value_lines(kind, value, printers)))
    return Derivation(model.setting, loss, _psi_lines(text, printers), tuple(found))


def _chosen(names: tuple[str, ...]) -> tuple[Kind, ...]:
    by_name = {kind.name.lower().replace("-", "_"): kind for kind in KINDS}
    chosen = []
    for name in names:
        key = name.lower().replace("-", "_")
        if key not in by_name:
            near = difflib.get_close_matches(key, by_name, n=1)
            hint = f" Did you mean {by_name[near[0]].name}?" if near else ""
            raise InputError(f"there is no model {name!r}.{hint} The models are: {', '.join(k.name for k in KINDS)}")
        chosen.append(by_name[key])
    return tuple(kind for kind in KINDS if kind in chosen or not chosen)


def _loss_text(loss: str) -> str | None:
    if loss == GENERIC:
        return None
    named = {each.name: each.text for each in builtin_losses()}
    if loss in named:
        return named[loss]
    try:
        parse_expression(loss)
    except InputError as error:
        raise InputError(
            f"the loss {loss!r} is not {GENERIC} (an unknown one), none of {', '.join(named)}, and no expression in t: "
            f"{error}"
        ) from None
    return loss


# -- printing ----------------------------------------------------------------------------------------------------
Printers = tuple[Callable[[Any], str], Callable[[Any], str]]


def _printers(latex: dict[Any, str]) -> Printers:
    """Text and LaTeX of an expression, negative terms last: w - alpha g."""
    from sympy.printing.latex import LatexPrinter
    from sympy.printing.str import StrPrinter

    def ordered(self: Any, expr: Any, order: Any = None) -> list[Any]:
        return sorted(expr.as_ordered_terms(), key=lambda term: bool(term.could_extract_minus_sign()))

    text = type("Text", (StrPrinter,), {"_as_ordered_terms": ordered})()
    tex = type("Tex", (LatexPrinter,), {"_as_ordered_terms": ordered})({"symbol_names": latex})
    return text.doprint, tex.doprint


def _line(left: Any, right: Any, printers: Printers) -> Line:
    text, latex = printers
    return Line((text(left), text(right)), (latex(left), latex(right)))


def _value_lines(kind: Kind, value: Any, printers: Printers) -> tuple[Line, ...]:
    text, latex = printers
    if not isinstance(value, list):
        return (Line((kind.text, text(value)), (kind.latex, latex(value))),)
    return tuple(
        Line((f"{kind.text}[{k}]", text(v)), (rf"{{{kind.latex}}}_{{{k}}}", latex(v))) for k, v in enumerate(value, 1)
    )


def _psi_lines(text: str | None, printers: Printers) -> tuple[Line, ...]:
    """psi, psi' and psi'' of a loss that is known."""
    if text is None:
        return ()
    t = variable()
    known = [f(t) for f in psi_of(text).orders]
    return tuple(_line(f(t), e, printers) for f, e in zip(unknown_loss(), known, strict=False))


def legend(derivation: Derivation) -> tuple[str, ...]:
    """What the letters mean, in sentences."""
    s = derivation.setting
    samples = "1 sample" if s.samples == 1 else f"{s.samples} samples"
    tasks = f"1 task of {samples}" if s.tasks == 1 else f"{s.tasks} tasks of {samples} each"
    letters = "".join(line.text[0] for d in derivation.models for line in d.lines) + "".join(
        line.text[1] for d in derivation.models for line in d.lines
    )
    dimensions = f"{s.dim} dimension{'s' * (s.dim > 1)}"
    notes = [
        f"{tasks} in {dimensions}: f_i(w) is the mean over j of c[i,j] psi(a[i,j] . w - b[i,j]).",
        "t: arguments of psi; g: gradients of f_i; ' marks what is at w' = w - alpha grad f_i(w).",
    ]
    if "p[" in letters:
        notes.append("p[i]: probability of task i; they sum to 1.")
    if "w^" in letters:
        batches = multisets(s.samples, s.test_batch).counts.tolist()
        drawn = ", ".join(f"{k} = {tuple(counts)}" for k, counts in enumerate(batches, 1))
        which = f"the middle index is the batch, by how often it holds each sample: {drawn}" if len(batches) > 1 else ""
        notes.append("^ marks what is at w - alpha grad f_i(w, D_test); " + (which or "there is one batch") + ".")
    if "q_" in letters:
        roles = ", ".join(f"q_{r} in D_{r}" for r in ("in", "o", "h", "beta") if f"q_{r}[" in letters)
        notes.append(f"Weights of the samples (counts / size): {roles}; every task is drawn once.")
    if "v[" in letters:
        notes.append("_in marks what is at w_i = w - alpha grad f_i(w, D_in); v = grad f_i(w_i, D_o).")
    if "delta[" in letters:
        notes.append("delta[i]: step of the difference; - and + mark its two ends, w - delta v and w + delta v.")
    return tuple(notes)


def as_text(derivation: Derivation) -> str:
    """For a terminal."""
    parts = ["\n".join(legend(derivation))]
    if derivation.psi:
        parts.append(
            "\n".join(["The loss", *(f"  {left} = {right}" for left, right in (p.text for p in derivation.psi))])
        )
    for each in derivation.models:
        lines = (f"  {left} = {right}" for left, right in (line.text for line in each.lines))
        parts.append("\n".join([f"{each.kind.text}: {each.kind.title}", *lines]))
    return "\n\n".join(parts)


def as_latex(derivation: Derivation) -> str:
    """One align* for each model."""
    blocks = [("The loss", derivation.psi)] if derivation.psi else []
    blocks += [(each.kind.title, each.lines) for each in derivation.models]
    notes = "\n".join(f"% {note}" for note in legend(derivation))
    return "\n\n".join([notes, *(_align(title, lines) for title, lines in blocks)])


def _align(title: str, lines: tuple[Line, ...]) -> str:
    rows = " \\\\\n".join(f"{left} &= {right}" for left, right in (line.latex for line in lines))
    return f"% {title}\n\\begin{{align*}}\n{rows}\n\\end{{align*}}"


def as_mathml(derivation: Derivation) -> str:
    """A fragment of HTML: a heading and a block of MathML for each line of each model."""
    blocks = [("The loss", derivation.psi)] if derivation.psi else []
    blocks += [(each.kind.title, each.lines) for each in derivation.models]
    return "\n".join(
        "\n".join([f"<h2>{title}</h2>", *(statement_html(" = ".join(line.latex)) for line in lines)])
        for title, lines in blocks
    )


def as_json(derivation: Derivation) -> dict[str, Any]:
    """Plain data."""

    def plain(lines: tuple[Line, ...]) -> list[dict[str, str]]:
        return [{"left": line.text[0], "right": line.text[1], "latex": " = ".join(line.latex)} for line in lines]

    s = derivation.setting
    return {
        "format": "mamlcheck-models",
        "version": 1,
        "dim": s.dim,
        "tasks": s.tasks,
        "samples": s.samples,
        "loss": derivation.loss,
        "psi": plain(derivation.psi),
        "notes": list(legend(derivation)),
        "models": [
            {"name": d.kind.name, "title": d.kind.title, "steps": plain(d.steps), "value": plain(d.value)}
            for d in derivation.models
        ],
    }


__all__ = ["KINDS", "Derivation", "Derived", "as_json", "as_latex", "as_mathml", "as_text", "derive", "legend"]
