(** * Convex: a step of a convex and smooth function takes points no farther apart

    For f_i convex and L-smooth and alpha in [0, 1/L] the map I - alpha H_i(x) has norm at most 1, and so has the step
    x - alpha grad f_i(x) as its Lipschitz constant. Nothing here has to be trusted. *)

From Coq Require Import Reals Lra List.
From MamlCheck Require Import Base Model Rules.
Open Scope R_scope.

Section Convex.
Context {M : model}.
Variables (alpha L mu : R).
Hypotheses (alpha_nonneg : 0 <= alpha) (L_nonneg : 0 <= L) (convex : 0 <= mu) (rate : alpha * L <= 1).
Hypotheses (S : smooth (M := M) L) (D : differentiable (M := M)) (Y : symmetric (M := M))
  (C : least_curvature (M := M) mu).
Implicit Types (i : task M) (x y v h : M).

Lemma hess_nonneg i x v : 0 <= inner v (hess i x v).
Proof.
  eapply Rle_trans; [| apply C]. apply Rmult_le_pos; [assumption | apply pow2_ge_0].
Qed.

(** |H v|^2 <= L <v, H v>: Cauchy-Schwarz for the inner product <u, H v>, which is symmetric and never negative *)
Lemma hess_square_le i x v : norm (hess i x v) ^ 2 <= L * inner v (hess i x v).
Proof.
  set (h := hess i x v). set (a := inner v h).
  assert (Ha : 0 <= a) by apply hess_nonneg.
  assert (B : 0 <= inner h (hess i x h) <= L * norm h ^ 2).
  { split; [apply hess_nonneg |].
    eapply Rle_trans; [apply Base.cauchy_schwarz |].
    pose proof (hess_norm_le D L S L_nonneg i x h). pose proof (norm_nonneg h). nra. }
  assert (Q : forall t, 0 <= a + 2 * t * norm h ^ 2 + t ^ 2 * inner h (hess i x h)).
  { intros t. pose proof (hess_nonneg i x (v + t * h)%V) as P.
    rewrite hess_add, hess_scale in P.
    rewrite !inner_add, !inner_add_r, !inner_scale, !inner_scale_r in P. fold h in P.
    rewrite (hess_symmetric Y i x v h) in P. fold h in P. rewrite <- norm_square in P. fold a in P.
    lra. }
  set (n := norm h ^ 2) in *. set (b := inner h (hess i x h)) in *.
  assert (0 <= n) by apply pow2_ge_0.
  destruct (Req_dec n 0) as [Z | Z]; [rewrite Z; nra |].
  assert (L <> 0).
  { intros Z2. rewrite Z2 in B. assert (b = 0) by lra.
    pose proof (Q (- (a + 1) / (2 * n))) as P. rewrite H0 in P.
    replace (a + 2 * (- (a + 1) / (2 * n)) * n + (- (a + 1) / (2 * n)) ^ 2 * 0) with (-1) in P by (field; lra). lra. }
  pose proof (Q (- / L)) as P.
  assert (0 < / L) by (apply Rinv_0_lt_compat; lra).
  assert ((- / L) ^ 2 * b <= / L * n).
  { replace (/ L * n) with ((- / L) ^ 2 * (L * n)) by (field; lra).
    apply Rmult_le_compat_l; [apply pow2_ge_0 | lra]. }
  apply Rmult_le_reg_l with (/ L); [assumption |].
  replace (/ L * (L * a)) with a by (field; lra). lra.
Qed.

Lemma pull_back_norm i x v : norm (v - alpha * hess i x v)%V <= norm v.
Proof.
  apply square_le; [apply norm_nonneg |].
  replace (v - alpha * hess i x v)%V with (v + (- alpha) * hess i x v)%V by vec.
  rewrite norm_add_square, inner_scale_r.
  assert (K : norm (- alpha * hess i x v)%V ^ 2 = alpha ^ 2 * norm (hess i x v) ^ 2).
  { rewrite !norm_square, inner_scale, inner_scale_r; ring. }
  rewrite K. pose proof (hess_square_le i x v) as H. pose proof (hess_nonneg i x v) as P.
  assert (alpha ^ 2 * norm (hess i x v) ^ 2 <= alpha ^ 2 * (L * inner v (hess i x v)))
    by (apply Rmult_le_compat_l; [apply pow2_ge_0 | assumption]).
  assert (alpha * (alpha * L) * inner v (hess i x v) <= alpha * 1 * inner v (hess i x v)).
  { apply Rmult_le_compat_r; [assumption |]. now apply Rmult_le_compat_l. }
  assert (0 <= alpha * inner v (hess i x v)) by now apply Rmult_le_pos.
  lra.
Qed.

(** The step's derivative along a line is at most as long as the way, and so is its change. *)
Lemma step_norm i x y : norm ((x - y) - alpha * (grad i x - grad i y))%V <= norm (x - y)%V.
Proof.
  set (h := (x - y)%V). set (r := (h - alpha * (grad i x - grad i y))%V).
  apply inner_norm_le; [apply norm_nonneg |].
  pose (phi := fun t => t * inner r h - alpha * inner r (grad i (y + t * h)%V)).
  destruct (MVT_cor2 phi (fun t => inner r h - alpha * inner r (hess i (y + t * h)%V h)) 0 1) as [c [Hc _]].
  - lra.
  - intros t _. apply derivable_pt_lim_minus; [apply slope_derivative |].
    apply derivable_pt_lim_scal. now apply line_derivative.
  - unfold phi in Hc.
    replace (y + 1 * h)%V with x in Hc by (unfold h; vec). replace (y + 0 * h)%V with y in Hc by vec.
    assert (E1 : inner r r = inner r h - alpha * inner r (hess i (y + c * h)%V h)).
    { unfold r at 2. rewrite inner_sub_r, inner_scale_r, inner_sub_r. lra. }
    rewrite E1.
    replace (inner r h - alpha * inner r (hess i (y + c * h)%V h))
      with (inner r (h - alpha * hess i (y + c * h)%V h)%V) by (rewrite inner_sub_r, inner_scale_r; ring).
    eapply Rle_trans; [apply Base.cauchy_schwarz |].
    apply Rmult_le_compat_l; [apply norm_nonneg | apply pull_back_norm].
Qed.

Theorem convex_pull_back i x v a b : norm (v - alpha * hess i x v)%V = a -> norm v = b -> a <= b.
Proof. intros <- <-; apply pull_back_norm. Qed.

Theorem convex_step i x y a b :
  norm ((x - y) - alpha * (grad i x - grad i y))%V = a -> norm (x - y)%V = b -> a <= b.
Proof. intros <- <-; apply step_norm. Qed.
End Convex.
