"""What certified means, what has to be believed, and one plain sentence for each word and symbol of the page."""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.check.results import Results
from mamlcheck.report.outcome import Says

ORDER = 90

WORDS: tuple[tuple[str, str], ...] = (
    ("instance", "Everything that a claim speaks of, as exact numbers: tasks, rates, sizes of batches, points. Its id "
     "makes it again."),
    ("holds, violated", "On this instance the left side is certainly at most the right side, or certainly above it."),
    ("undecided", "At the highest precision tried the two sides are still too close to tell."),
    ("vacuous", "A hypothesis of the claim fails on the instance, so it says nothing of the claim."),
    ("at confidence", "Batches too many to list were sampled: the verdict is right with the probability that is said, "
     "and counts as no proof."),
    ("proved", "A chain of small steps leads from the left side of the claim to its right side, for all instances, and "
     "the kernel accepted each step."),
    ("strong form, printed form", "In the printed form deviations are bounded at all points; the strong form takes "
     "those at the points used. The strong form implies the printed one."),
    ("ours, sharper", "Ours is what is not in the paper. A sharper form has a smaller bound than the printed claim."),
    ("conjecture", "A claim that nobody has proved yet: instances support it, or refute it."),
    ("tightness", "The left side over the right side. At 1 the bound is reached."),
    ("median of the sweep, most in the sweep", "A sweep judges many instances made by one rule, from one seed. Of "
     "their tightness these are the middle one and the largest one."),
    ("own data", "The tasks of a table that the report was asked for, apart from those made at random."),
    ("witness", "An instance that was kept since it comes closest to the bound."),
    ("bracket", "The best constant lies between what the witness reaches and what is proved. Where both are the same "
     "number, the bracket is closed."),
    ("limit", "Instances with a number t, which come as close to the bound as you like as t grows."),
    ("where a bound loses", "The steps of the proof in numbers, on one instance: the share of a step is what it adds, "
     "of all that lies between the left and the right side."),
    ("finding", "A place of the paper that is false, empty or unclear as it is printed, with an exact example."),
    ("false as printed", "An exact example shows that the sentence, read word for word, is not true."),
    ("floor", "The size of ∇F where an algorithm comes to rest although ∇F is not 0 there: more steps do not help."),
    ("plan", "Steps and sizes of batches with which a theorem promises the accuracy ε, at about the least cost."),
    ("conforms", "On each problem and each check the direction of an implementation is that of its algorithm, up to "
     "what rounding explains."),
)  # fmt: skip
SYMBOLS: tuple[tuple[str, str], ...] = (
    ("fᵢ, f, 𝔼ᵢ", "The loss of task i, and the mean of all tasks' losses by the probabilities of the tasks."),
    ("F", "The meta-objective, F(w) = 𝔼ᵢ fᵢ(w − α∇fᵢ(w)): the mean loss after one inner step."),
    ("F̂", "The same with the inner step on a batch of D_test samples."),
    ("w, u", "Parameters; w′ is w after the inner step with all data of a task, wᵢ after one with a batch of it."),
    ("α", "The rate of the inner step."),
    ("L", "How fast gradients of tasks change: |∇fᵢ(w) − ∇fᵢ(u)| is at most L |w − u|."),
    ("ρ", "How fast Hessians of tasks change: |∇²fᵢ(w) − ∇²fᵢ(u)| is at most ρ |w − u|."),
    ("L(w)", "4L + 2ρα 𝔼ᵢ|∇fᵢ(w)|. By Lemma 4.8, ∇F changes from w to u by at most L(w) |w − u|."),
    ("β̃", "The random step size 1 / L̃(w), of which algorithms take a multiple. L̃(w) is made as L(w), of B′ drawn tasks "
     "with D_β samples of each."),
    ("σ", "How far tasks differ: 𝔼ᵢ|∇fᵢ(w) − ∇f(w)|² is at most σ²."),
    ("σ̃", "How far samples of one task differ: the variance of the gradient of a sample is at most σ̃²."),
    ("σ_H", "The same for Hessians of samples."),
    ("B", "How many tasks a step of an algorithm draws."),
    ("D_in, D_o, D_h", "How many samples of a task are drawn for the inner step, the outer gradient, the Hessian."),
    ("δ, η", "The step of HF-MAML's finite difference, δ = η / (ρα|v|) for the vector v."),
    ("φ", "In Lemma 4.10: any number above 0. In the error of HF-MAML: the loss of a task."),
    ("ε", "The accuracy asked for: the mean of |∇F| over all draws and all steps is to be at most ε."),
)  # fmt: skip


@dataclass(frozen=True)
class Glossary:
    """Words and symbols, each with its sentence."""

    words: tuple[tuple[str, str], ...]
    symbols: tuple[tuple[str, str], ...]


def rows(results: Results) -> Glossary:
    """The same for all results: what certified means is said on each page."""
    return Glossary(WORDS, SYMBOLS)


def says(results: Results) -> Says:
    """Nothing at the head of the page."""
    return Says()


CSS = """\
.words dt { color: var(--ink); font-weight: 600; } .words dfn { font-style: normal; }
.words { grid-template-columns: 12rem minmax(0, 1fr); }
"""

TEMPLATE = """\
<section id="certified" aria-labelledby="title-certified">
<h2 id="title-certified">What certified means, and other words\
{{ marks.permalink("certified", "What certified means") }}</h2>
<p><strong>Certified:</strong> both sides of the inequality were enclosed by arithmetic that accounts for every \
rounding error (or computed exactly), and a verdict is given only where the enclosures leave no doubt.</p>
<p><strong>Guaranteed:</strong> every constant in the verdict is exact or certified; where one is estimated or \
declared, it is marked NOT GUARANTEED.</p>
<p><strong>What must be trusted.</strong> A verdict rests on the claim's formulas and on the arithmetic: bounded \
doubles, balls, Arb and fractions. A proof rests on the kernel, its axioms and the definitions of MAML's quantities: \
<code>mamlcheck prove --trust</code> prints them all. Where a card says so, Rocq \
has accepted the same proof. Means over runs, and whatever is drawn, are floats: they show, and prove nothing.</p>
{% for heading, anchor, entries in (("Words", "glossary", rows.words), ("Symbols", "symbols", rows.symbols)) %}
<section class="flow" id="{{ anchor }}" aria-labelledby="title-{{ anchor }}">
<h3 id="title-{{ anchor }}">{{ heading }}{{ marks.permalink(anchor, heading) }}</h3>
<dl class="words">
{% for word, sentence in entries %}<dt><dfn>{{ word }}</dfn></dt><dd>{{ sentence }}</dd>
{% endfor %}
</dl>
</section>
{% endfor %}
</section>
"""
