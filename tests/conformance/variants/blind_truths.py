"""What truths of fresh variants share: gradients through any adaptation, and regular expressions for causes."""

from __future__ import annotations

from said import CUT, DECAY, FIRST_ORDER, STAYS

# -- regular expressions: fair wordings of one cause side by side ----------------------------------------------------
L2 = (
    r"weight[- ]?decay|\bL2\b|regulari[sz]|(multiple of|times|plus|proportional to|\* ?) ?(w\b|the (initial |own )?"
    r"(parameters|weights))|towards? (zero|0\b)"
)
DIAGONAL = r"diagonal"
ONE_SIDED = r"forward difference|one[- ]sided|not central|instead of (a |the )?central|asymmetric|only ahead"
SAMPLES = r"samples?|examples?|batch|rows?|subset|part of|slice|data"
NOT_ADAPTED = rf"{STAYS}|adapts? only|only .*adapt|are adapted|is adapted|without (an )?inner"
LABELS = (
    r"(labels?|targets?).*(permut|shift|rolled|match|belong|shuffl|other)|"
    r"(permut|shuffl|mismatch).*(label|target)"
)
LAYOUT = (
    r"(another|other|different|wrong|alphabetical|sorted|column) order|"
    r"order of (the )?(parameters|tensors|names|entries)|"
    r"alphabet|permut|transpos|by columns?|column-|row-major|layout|sorted"
)
LAST_TASK = r"last task|task 3|third task|only (one|1) (of the tasks|task)|(one|1) of (the )?3 tasks|final task"
FIRST_TASK = r"first task|task 1\b|only (one|1) (of the tasks|task)|(one|1) of (the )?3 tasks"
MOMENTUM = r"momentum|heavy[- ]ball|velocity"
NESTEROV = r"nesterov|look(s|ed|ing)?[- ]?ahead"
CLIP = r"clip|truncated|bounded|capped|limit"
SIGN_ONLY = r"\bsigns? of (the|each|every|its)|only the signs?|sign\(|signSGD|sign descent"
PROX = r"proximal|prox\b|pulled? (back )?to|anchor|regulari[sz]|distance (to|from)"
DECAYS = rf"{DECAY}|/ ?\(?k ?\+ ?1|annealed|schedule"
INNER_ONLY = r"inner gradient|support (loss|gradient)|inner loss"
ROUNDED = r"round|decimal|digit|precision|float16|bfloat16|quanti|grid"
EMA = r"weight(s|ed|ing)?\b(?!\.)|moving average|unequal|exponential"
CUT_ANYHOW = rf"{CUT}|{FIRST_ORDER}"


# -- truths -----------------------------------------------------------------------------------------------------------
def through(o, adapted, outer=lambda t: t.outer, tasks=None):
    """The gradient of the mean over tasks of the outer loss at `adapted(w, t)`, through all of it."""
    tasks = o.tasks if tasks is None else tasks
    return o.d(lambda w: sum(o.loss(adapted(w, t), outer(t)) for t in tasks) / len(tasks))


def at(o, adapted, outer=lambda t: t.outer, tasks=None):
    """The mean over tasks of the outer gradient at `adapted(w, t)`: nothing flows through the adaptation."""
    tasks = o.tasks if tasks is None else tasks
    return sum(o.grad(adapted(o.w, t), outer(t)) for t in tasks) / len(tasks)


def stepping(o, move, steps=None):
    """`adapted(w, t)`, each of whose steps goes from w to `move(w, t, k)`."""

    def adapted(w, t):
        for k in range(o.K if steps is None else steps):
            w = move(w, t, k)
        return w

    return adapted


def with_state(o, move, start=0.0):
    """The same for steps with a memory: `move(w, memory, t, k)` gives the next of both."""

    def adapted(w, t):
        memory = start
        for k in range(o.K):
            w, memory = move(w, memory, t, k)
        return w

    return adapted


def backwards(o, t, points, last):
    """The outer gradient at `last`, times I - alpha H at each of these points in turn."""
    v = o.grad(last, t.outer)
    for w in points:
        v = v - o.alpha * o.hv(w, v, t.inner)
    return v


def norm(v):
    """The 2-norm as an analytic function, for complex steps."""
    return (v @ v) ** 0.5
