r"""LaTeX as plain Unicode text for a terminal: `\tilde\sigma` becomes σ̃.

Only the few commands that statements use are known; others are shown as they stand. Fractions and roots keep their
grouping: `\frac{a+b}{c}` becomes (a+b)/c, where libraries for this give a+b/c.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_PROSE = re.compile(r"\$([^$]+)\$|`([^`]+)`")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_ACCENTS = {r"\tilde": "\u0303", r"\hat": "\u0302", r"\bar": "\u0304"}
_TIGHT_AFTER, _TIGHT_BEFORE = re.compile("([∇⌈⟨±]) "), re.compile(" ([⌉⟩])")
# fmt: off
_SYMBOLS = {
    r"\alpha": "α", r"\beta": "β", r"\gamma": "γ", r"\delta": "δ", r"\Delta": "Δ", r"\epsilon": "ε", r"\eta": "η",
    r"\theta": "θ", r"\lambda": "λ", r"\mu": "μ", r"\nu": "ν", r"\xi": "ξ", r"\pi": "π", r"\rho": "ρ", r"\sigma": "σ",
    r"\tau": "τ", r"\phi": "φ", r"\psi": "ψ", r"\omega": "ω", r"\nabla": "∇", r"\|": "‖", r"\le": "≤", r"\ge": "≥",
    r"\ne": "≠", r"\to": "→", r"\infty": "∞", r"\cdot": "·", r"\pm": "±", r"\lceil": "⌈", r"\rceil": "⌉",
    r"\langle": "⟨", r"\rangle": "⟩", r"\max": "max", r"\min": "min", r"\sum": "∑", r"\in": "∈", r"\{": "{", r"\}": "}",
    r"\Lambda": "Λ", r"\mid": "|", r"\,": " ", r"\;": " ", r"\quad": "  ", r"\left": "", r"\right": "", r"\times": "×",
}
# fmt: on
_FONTS = (r"\mathbb", r"\text", r"\mathrm", r"\mathbf")


def prose_parts(text: str) -> list[tuple[str, str]]:
    """Prose as (kind, text) pieces of kind 'text', 'math' (between dollar signs) and 'code' (between backticks)."""
    parts, end = [], 0
    for found in _PROSE.finditer(text):
        parts += [("text", text[end : found.start()]), ("math", found[1]) if found[1] else ("code", found[2])]
        end = found.end()
    return [part for part in (*parts, ("text", text[end:])) if part[1]]


def plain_prose(text: str) -> str:
    """Prose without its dollar signs and backticks, formulas in Unicode."""
    return "".join(plain(part) if kind == "math" else part for kind, part in prose_parts(text))


def plain(latex: str) -> str:
    """A formula in Unicode."""
    tokens = _TOKEN.findall(latex)
    tokens.reverse()
    out = ""
    while tokens:
        out += _next(tokens)
    return _TIGHT_BEFORE.sub(r"\1", _TIGHT_AFTER.sub(r"\1", " ".join(out.split())))


def _next(tokens: list[str]) -> str:
    """The text of the next token and its arguments; they are taken from the end of `tokens`."""
    token = tokens.pop()
    if token == "{":
        return _group(tokens)
    if token in _ACCENTS:
        letter = _argument(tokens)
        return letter[:1] + _ACCENTS[token] + letter[1:]
    if token in _FONTS:
        return _argument(tokens)
    if token in (r"\frac", r"\tfrac"):
        top, bottom = _argument(tokens), _argument(tokens)
        return f"{_bracketed(top)}/{_bracketed(bottom)}"
    if token == r"\sqrt":
        return f"√{_bracketed(_argument(tokens))}"
    if token in ("^", "_"):
        return _raised(token, _argument(tokens))
    if token.isspace():
        return " "
    return _SYMBOLS.get(token, token)


def _argument(tokens: list[str]) -> str:
    while tokens and tokens[-1].isspace():
        tokens.pop()
    return _next(tokens) if tokens else ""


def _group(tokens: list[str]) -> str:
    out = ""
    while tokens and tokens[-1] != "}":
        out += _next(tokens)
    if tokens:
        tokens.pop()
    return out


def _raised(mark: str, what: str) -> str:
    if mark == "^" and what and not what.strip("0123456789-"):
        return what.translate(_SUPERSCRIPTS)
    return f"{mark}{_bracketed(what)}"


def _bracketed(text: str) -> str:
    """Itself where it is one name or number, else in round brackets."""
    return text if re.fullmatch(r"[^\s+\-−·/=<>≤≥±,]*", text) else f"({text})"
