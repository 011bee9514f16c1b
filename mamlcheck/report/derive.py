"""`mamlcheck derive`: the package's formulas as text, LaTeX, MathML or JSON, in short steps.

Every line comes from `mamlcheck.meta.models`, where the formulas that judge claims run on symbols. Only titles and what
the letters mean are written here.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from mamlcheck.errors import InputError
from mamlcheck.formats.models import LineRecord, ModelRecord, Models
from mamlcheck.meta.expectation import multisets
from mamlcheck.meta.models import Names, Setting, SymbolicModel, generic_psi, psi_of, unknown_loss
from mamlcheck.report.mathml import statement_html
from mamlcheck.report.words import many
from mamlcheck.tasks.expression import parse_expression, variable
from mamlcheck.tasks.losses import builtin_losses

UNKNOWN_LOSS = "psi"  # the name of a loss of which nothing is known


@dataclass(frozen=True)
class Formula:
    """A formula that can be asked for. text, latex: what stands left of its equals sign. of: derives the right side."""

    name: str
    title: str
    text: str
    latex: str
    of: Callable[[SymbolicModel], Expr | list[Expr]]


FORMULAS = (
    Formula("F", "The meta-objective, equation (2)", "F(w)", "F(w)", SymbolicModel.objective),
    Formula("grad_F", "The gradient of F", "grad F(w)", r"\nabla F(w)", SymbolicModel.meta_gradient),
    Formula(
        "F_hat",
        "The stochastic meta-objective, equation (3)",
        "F^(w)",
        r"\hat{F}(w)",
        SymbolicModel.stochastic_objective,
    ),
    Formula(
        "grad_F_hat", "The gradient of F^", "grad F^(w)", r"\nabla \hat{F}(w)", SymbolicModel.stochastic_meta_gradient
    ),
    Formula("L", "The smoothness bound of Lemma 4.8", "L(w)", "L(w)", SymbolicModel.smoothness_bound),
    Formula(
        "L_tilde",
        "Its estimate from batches, Lemma 4.9",
        "L~(w)",
        r"\tilde{L}(w)",
        SymbolicModel.stochastic_smoothness_bound,
    ),
    Formula("MAML", "The direction of MAML, equation (5)", "MAML", r"d^{\mathrm{MAML}}", SymbolicModel.maml),
    Formula("FO-MAML", "The direction of FO-MAML, equation (8)", "FO-MAML", r"d^{\mathrm{FO}}", SymbolicModel.fo_maml),
    Formula(
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
    """A formula, derived: the steps that none before it has shown, then its value, a line for each coordinate."""

    formula: Formula
    steps: tuple[Line, ...]
    value: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """All its lines."""
        return self.steps + self.value


@dataclass(frozen=True)
class Derivation:
    """The formulas asked for, in a setting and under a loss. psi: the loss and its derivatives, where it is known."""

    setting: Setting
    loss: str
    psi: tuple[Line, ...]
    formulas: tuple[Derived, ...]


def derive(names: tuple[str, ...] = (), loss: str = UNKNOWN_LOSS, setting: Setting | None = None) -> Derivation:
    """Derive the formulas of these names, or all.

    loss: 'psi' for an unknown one, a built-in loss, or an expression in t. setting: dimension and numbers of tasks and
    samples; d is at most 3. Raises `InputError` for an unknown name and for a loss that cannot be read.
    """
    chosen = _chosen(names)
    text = _loss_text(loss)
    steps = Names()
    model = SymbolicModel(setting or Setting(), generic_psi(), steps)
    printers = _printers(steps.latex)
    found = []
    for formula in chosen:
        seen = len(steps.definitions)
        value = _value_lines(formula, formula.of(model), printers)
        new = list(steps.definitions.items())[seen:]
        found.append(Derived(formula, tuple(_line(symbol, e, printers) for symbol, e in new), value))
    return Derivation(model.setting, loss, _psi_lines(text, printers), tuple(found))


def _chosen(names: tuple[str, ...]) -> tuple[Formula, ...]:
    by_name = {formula.name.lower().replace("-", "_"): formula for formula in FORMULAS}
    chosen = []
    for name in names:
        key = name.lower().replace("-", "_")
        if key not in by_name:
            near = difflib.get_close_matches(key, by_name, n=1)
            hint = f" Did you mean {by_name[near[0]].name}?" if near else ""
            known = ", ".join(formula.name for formula in FORMULAS)
            raise InputError(f"there is no model {name!r}.{hint} The models are: {known}")
        chosen.append(by_name[key])
    return tuple(formula for formula in FORMULAS if formula in chosen or not chosen)


def _loss_text(loss: str) -> str | None:
    """The expression of a loss; None for the unknown one."""
    if loss == UNKNOWN_LOSS:
        return None
    named = {each.name: each.text for each in builtin_losses()}
    if loss in named:
        return named[loss]
    try:
        parse_expression(loss)
    except InputError as error:
        raise InputError(
            f"the loss {loss!r} is not {UNKNOWN_LOSS} (an unknown one), none of {', '.join(named)}, and no expression "
            f"in t: {error}"
        ) from None
    return loss


# -- printing ----------------------------------------------------------------------------------------------------
Printers = tuple[Callable[[Expr], str], Callable[[Expr], str]]
"""An expression as text, and as LaTeX."""


def _printers(latex: dict[Expr, str]) -> Printers:
    """Printers that write negative terms last: w - alpha g. latex: what symbols are called in LaTeX."""

    def ordered(self: object, expression: Expr, order: object = None) -> list[Expr]:
        return sorted(expression.as_ordered_terms(), key=lambda term: bool(term.could_extract_minus_sign()))

    text = type("Text", (StrPrinter,), {"_as_ordered_terms": ordered})()
    tex = type("Tex", (LatexPrinter,), {"_as_ordered_terms": ordered})({"symbol_names": latex})
    return text.doprint, tex.doprint


def _line(left: Expr, right: Expr, printers: Printers) -> Line:
    text, latex = printers
    return Line((text(left), text(right)), (latex(left), latex(right)))


def _value_lines(formula: Formula, value: Expr | list[Expr], printers: Printers) -> tuple[Line, ...]:
    """The line of a number, or a line for each coordinate of a vector."""
    text, latex = printers
    if not isinstance(value, list):
        return (Line((formula.text, text(value)), (formula.latex, latex(value))),)
    return tuple(
        Line((f"{formula.text}[{k}]", text(v)), (rf"{{{formula.latex}}}_{{{k}}}", latex(v)))
        for k, v in enumerate(value, 1)
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
    samples = many(s.samples, "sample")
    tasks = f"1 task of {samples}" if s.tasks == 1 else f"{s.tasks} tasks of {samples} each"
    dimensions = many(s.dim, "dimension")
    letters = "".join(side for derived in derivation.formulas for line in derived.lines for side in line.text)
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
    for each in derivation.formulas:
        lines = (f"  {left} = {right}" for left, right in (line.text for line in each.lines))
        parts.append("\n".join([f"{each.formula.text}: {each.formula.title}", *lines]))
    return "\n\n".join(parts)


def as_latex(derivation: Derivation) -> str:
    """One align* for each model."""
    blocks = [("The loss", derivation.psi)] if derivation.psi else []
    blocks += [(each.formula.title, each.lines) for each in derivation.formulas]
    notes = "\n".join(f"% {note}" for note in legend(derivation))
    return "\n\n".join([notes, *(_align(title, lines) for title, lines in blocks)])


def _align(title: str, lines: tuple[Line, ...]) -> str:
    rows = " \\\\\n".join(f"{left} &= {right}" for left, right in (line.latex for line in lines))
    return f"% {title}\n\\begin{{align*}}\n{rows}\n\\end{{align*}}"


def as_mathml(derivation: Derivation) -> str:
    """A fragment of HTML: a heading and a block of MathML for each line of each model."""
    blocks = [("The loss", derivation.psi)] if derivation.psi else []
    blocks += [(each.formula.title, each.lines) for each in derivation.formulas]
    return "\n".join("\n".join([f"<h2>{title}</h2>", *map(_mathml, lines)]) for title, lines in blocks)


def _mathml(line: Line) -> str:
    """A line as a block, however long: it is for the page of whoever asked for it."""
    return statement_html(" = ".join(line.latex), longest=sys.maxsize)


def document(derivation: Derivation) -> Models:
    """The derivation as plain data."""

    def plain(lines: tuple[Line, ...]) -> tuple[LineRecord, ...]:
        return tuple(LineRecord(line.text[0], line.text[1], " = ".join(line.latex)) for line in lines)

    setting = derivation.setting
    return Models(
        dim=setting.dim,
        tasks=setting.tasks,
        samples=setting.samples,
        loss=derivation.loss,
        psi=plain(derivation.psi),
        notes=tuple(legend(derivation)),
        models=tuple(
            ModelRecord(derived.formula.name, derived.formula.title, plain(derived.steps), plain(derived.value))
            for derived in derivation.formulas
        ),
    )


__all__ = [
    "FORMULAS", "Derivation", "Derived", "Formula", "as_latex", "as_mathml", "as_text", "derive", "document", "legend",
]  # fmt: skip
