"""Regular expressions for what a right diagnosis says: fair wordings of the same thing, side by side."""

from __future__ import annotations

HESSIAN = r"hessian|second[- ]order|curvature"
HALF = r"half|halved|halves|1/2|0\.5\b|divided by 2"
DOUBLE = (
    r"twice|doubled?\b|two times|\b2 times|times 2\b|factor (of )?2\b|not divided by 2|without (the )?division by 2|"
    r"(by|is|of) 2(\.0)?\b|1/delta\b"
)
OWN_SET = r"hessian (set|batch|data|samples)|own (set|batch|data)|(set|batch) of its own|task\.hessian"
QUERY = r"query|outer (set|batch|data|samples|loss|targets)"
SUPPORT = r"support|inner (set|batch|data|samples|loss|targets)"
SIGN = r"\bsign\b|\bplus\b|added|opposite|negative|negated|-1\b|minus (one|1)|instead of subtracted"
INNER_GRADIENT = r"(inner|support) gradient"
OUTER_GRADIENT = r"(outer|query) gradient"
AT_ADAPTED = r"adapted|w'|after the (inner )?(step|update)|end of the inner"
AT_START = (
    r"initial|at w\b|at the start|unadapted|before (the )?(inner )?(step|adaptation|update)|first point|not moved"
)
HIDDEN = r"hidden"
HEAD = r"\bhead|last layer|output layer"
BIAS = r"bias"
ZERO = r"\bzeros?\b|\bis 0\b|\bare 0\b|no gradient|gets none|frozen|receives? nothing|missing"
STAYS = r"not adapted|not moved|stays?|fixed|frozen|kept|does not"
CUT = r"detach|\bcut\b|graph|stop_gradient|first[- ]order|does not flow|flows? no|\.data\b|hessian"
RATE = r"\brates?\b|step size|learning rate"
EACH = r"\beach\b|\bper[- ]|\bevery\b|\bits own\b|different|differ|meta-sgd"
FIRST_ORDER = r"first[- ]order|fo-maml|hessian term is missing|no hessian|without (the )?hessian"
SUM = r"\bsum(med)?\b|added up|not divided by (the number of )?tasks|times (the number of tasks|3\b)"
WEIGHTS = r"weight(s|ed|ing)?\b(?!\.)"
STEPS = r"\bsteps?\b"
FEWER = r"(one|1) (inner )?step (less|fewer|too few)|fewer|K ?- ?1|steps ?- ?1|too few|one less|1 less"
MORE = r"(one|1) (inner )?step (more|too many)|K ?\+ ?1|steps ?\+ ?1|too many|one more|1 more|another step"
MULTI_STEP = r"MAML\+\+|multi-step|(outer|query) loss(es)? .*(steps|points)|all (inner )?steps|every (inner )?step"
DECAY = (
    r"decay|decreas|shrink|falls?\b|smaller (in|at|with) (each|every|later)|rates? (of|in|per|for) (each|the|every)?"
)
NORMAL = r"normali[sz]ed|unit (length|norm)|divided by (its|the|their) (own )?(norm|length)"
TOGETHER = r"together|both|joint|joined|concatenat|pooled|union|support and query|inner and outer"
NEXT_TASK = r"(another|other|next|different|previous|wrong) task|mismatch|tasks? (are|is) (mixed|shifted|exchanged)"
POOLED = (
    r"pooled|all tasks|tasks together|shared (by|across)|across tasks|union of|one adaptation|mean (inner )?gradient"
)
ORDER = r"\border\b|permut|sorted|arrang"
PRECISION = r"precision|bfloat16|float16|\bhalf\b"
CARRIED = (
    r"carried|carries|left over|kept|not reset|never reset|not restored|load_state_dict|deepcopy|drift|stale|state|"
    r"previous (task|call)|not zeroed|zero_grad|accumulat|in turn|one after (the )?other|from where|sequential|serial"
)
SERIAL = (
    r"serial|sequential|in turn|one after (the )?other|carried|drift|previous task|from (one )?task to (the next )?task"
)
SECOND_CALL = (
    r"second call|two calls|each call|every call|calls? differ|between calls|from call to call|another direction|"
    r"not determin"
)

NO_MISSING_HESSIAN = (r"hessian term is missing",)
# MAML and nothing else; not "on this problem this is MAML", which can be true of a variant that is wrong on others.
NOT_MAML_ALONE = (r"(^|\. )this is maml ?(\(relative error [^)]*\))?\.",)
