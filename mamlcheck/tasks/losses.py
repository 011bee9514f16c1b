"""TEMPORARY STUB by the lead until the real file lands: overwrite me."""
from dataclasses import dataclass
from fractions import Fraction as Fr

@dataclass(frozen=True)
class Supremum:
    lower: Fr; upper: Fr; provenance: str = "certified"

@dataclass(frozen=True)
class Loss:
    name: str
    declared_second = None
    declared_third = None
    @property
    def rational(self): return self.name in ("quadratic","log1p_square","geman_mcclure")
    @property
    def text(self): return self.name
    def _s(self, x): return None if x is None else Supremum(Fr(x), Fr(x))
    @property
    def sup_first(self): return self._s({"quadratic":None,"log_cosh":1,"welsch":1,"sin":1,"softplus":1,"log1p_square":1}[self.name])
    @property
    def sup_second(self): return self._s({"quadratic":1,"log_cosh":1,"welsch":1,"sin":1,"softplus":0.25,"log1p_square":2}[self.name])
    @property
    def sup_third(self): return self._s({"quadratic":0,"log_cosh":0.8,"welsch":1.4,"sin":1,"softplus":0.1,"log1p_square":3}[self.name])
    def _fs(self, ar, t):
        n=self.name
        if n=="quadratic": return t, 0*t+1
        if n=="log_cosh": h=ar.tanh(t); return h, 1-h*h
        if n=="softplus": h=ar.tanh(t/2); return (1+h)/2, (1-h*h)/4
        if n=="sin": return ar.cos(t), -ar.sin(t)
        if n=="welsch": e=ar.exp(-(t*t)/2); return t*e, e*(1-t*t)
        q=1+t*t; return 2*t/q, 2*(1-t*t)/(q*q)
    def first_and_second(self, ar, t):
        return ar.lipschitz(self._fs, t, (self.sup_second.upper, self.sup_third.upper))
    def first(self, ar, t): return ar.lipschitz(lambda a,x: self._fs(a,x)[0], t, self.sup_second.upper)
    def value(self, ar, t):
        return ar.log1p(t*t)
_NAMES=("quadratic","log_cosh","log1p_square","welsch","sin","softplus")
def loss(name): return Loss(name if name in _NAMES else "log_cosh")
def builtin_losses(): return tuple(Loss(n) for n in _NAMES)
