(** * Instances: models that meet the assumptions

    A theorem about models that meet some assumptions would say nothing if there were no such models. Here are two
    families of them, with one parameter, two tasks and two samples of each task: in one the losses are quadratic, in
    the other they are not. In both the gradients differ among tasks and among the samples of a task. All that has to be
    read are the definitions and the theorems [quadratics_meet_the_assumptions] and
    [arctangents_meet_the_assumptions]. *)

From Coq Require Import Reals Ratan Lra List.
From MamlCheck Require Import Base Model Rules Derivatives.
Import ListNotations.
Open Scope R_scope.

(** The real numbers are an inner-product space, with the product as the inner product. *)
Program Definition real_line : space :=
  {| vector := R; zero := 0; add := Rplus; scale := Rmult; inner := Rmult |}.
Solve All Obligations with (intros; try ring; first [apply Rle_0_sqr | now apply Rsqr_0_uniq]).

(** A fair coin shows either side with probability 1/2. *)
Program Definition coin : law bool := {| weighted := [(1 / 2, true); (1 / 2, false)] |}.
Next Obligation. destruct H as [H | [H | []]]; injection H as <- _; lra. Qed.
Next Obligation. simpl; lra. Qed.

(** The center of the sample z of the task i is s or -s, as the task says, plus t or -t, as the sample says. *)
Definition center (s t : R) (i z : bool) : R := (if i then s else - s) + (if z then t else - t).

(** In a shifted model all losses have the same shape l, with the derivative g and the second derivative h, and each
    sample has it moved to its center. The two tasks are equally likely, and so are the two samples of a task. *)
Program Definition shifted (s t : R) (l g h : R -> R) : model := {|
  parameters := real_line;
  task := bool;
  sample := bool;
  tasks := coin;
  samples := fun _ => coin;
  loss := fun i z (w : R) => l (w - center s t i z);
  sample_gradient := fun i z (w : R) => g (w - center s t i z);
  sample_hessian := fun i z (w v : R) => h (w - center s t i z) * v
|}.
Next Obligation. split; intros; simpl in *; ring. Qed.

(** The quadratic losses have curvature L: they are (L / 2) (w - c)^2. *)
Definition quadratics (L s t : R) : model := shifted s t (fun x => L / 2 * x ^ 2) (fun x => L * x) (fun _ => L).

(** The losses whose gradient is the arctangent of w - c, and whose Hessian is 1 / (1 + (w - c)^2), are not
    quadratic. *)
Definition arctangents (s t : R) : model :=
  shifted s t (fun x => x * atan x - ln (1 + x ^ 2) / 2) atan (fun x => / (1 + x ^ 2)).

(** * Proved of these *)

(** ** The real line *)

(** On the real line the norm is the absolute value. *)
Lemma norm_real (v : real_line) : norm v = Rabs v.
Proof. apply sqrt_Rsqr_abs. Qed.

(** On the real line the difference of vectors is the difference of numbers. *)
Lemma sub_real (u v : real_line) : (u - v)%V = Rminus u v.
Proof. unfold sub; simpl; ring. Qed.

(** A derivative of a function of a real number is its gradient. *)
Lemma gradient_real (phi : R -> R) (x a : R) : derivable_pt_lim phi x a -> gradient_at (V := real_line) phi x a.
Proof.
  intros H eps He. destruct (H eps He) as [d K]. exists d; split; [apply cond_pos |]; intros h Hh.
  rewrite norm_real in *; simpl.
  destruct (Req_dec h 0) as [-> | Hne].
  - replace (phi (x + 0) - phi x - a * 0) with 0 by (rewrite Rplus_0_r; ring). rewrite Rabs_R0; lra.
  - specialize (K h Hne Hh).
    replace (phi (x + h) - phi x - a * h) with (((phi (x + h) - phi x) / h - a) * h) by (now field).
    rewrite Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos | lra].
Qed.

(** A derivative of a function of a real number, as a factor, is its derivative as a map of the real line. *)
Lemma derivative_real (G : R -> R) (x a : R) :
  derivable_pt_lim G x a -> derivative_at (V := real_line) G x (fun h => a * h).
Proof.
  intros H. split; [| split].
  - split; intros; simpl in *; ring.
  - exists (Rabs a); split; [apply Rabs_pos |]; intros h. rewrite !norm_real, Rabs_mult; lra.
  - intros eps He. destruct (gradient_real G x a H eps He) as [d [Hd K]].
    exists d; split; [assumption |]; intros h Hh. rewrite norm_real, !sub_real. now apply K.
Qed.

(** A function that is moved has the derivative moved. *)
Lemma derivable_moved (phi : R -> R) (x c a : R) :
  derivable_pt_lim phi (x - c) a -> derivable_pt_lim (fun w => phi (w - c)) x a.
Proof.
  intros H eps He. destruct (H eps He) as [d K]. exists d; intros h Hne Hh. specialize (K h Hne Hh).
  now replace (x + h - c) with (x - c + h) by ring.
Qed.

(** A bound of the derivative is a Lipschitz constant, by the mean-value theorem. *)
Lemma lipschitz_of_derivative (phi dphi : R -> R) (C : R) :
  (forall x, derivable_pt_lim phi x (dphi x)) -> (forall x, Rabs (dphi x) <= C) ->
  forall x y, Rabs (phi x - phi y) <= C * Rabs (x - y).
Proof.
  intros H B.
  assert (K : forall x y, x < y -> Rabs (phi y - phi x) <= C * Rabs (y - x)).
  { intros x y Hxy. destruct (MVT_cor2 phi dphi x y Hxy (fun c _ => H c)) as [c [-> _]].
    rewrite Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos | apply B]. }
  intros x y. destruct (Rtotal_order x y) as [Hxy | [-> | Hxy]].
  - rewrite Rabs_minus_sym, (Rabs_minus_sym x). now apply K.
  - unfold Rminus; rewrite !Rplus_opp_r, Rabs_R0; lra.
  - now apply K.
Qed.

(** The mean over a coin is the mean of two numbers. *)
Lemma coin_mean (x : bool -> R) : E coin x = (x true + x false) / 2.
Proof. unfold E, sum_of; simpl; field. Qed.

(** The mean over a coin is the mean of two points of the real line, too. *)
Lemma coin_vector_mean (x : bool -> real_line) : VE coin x = ((x true : R) + x false) / 2.
Proof. unfold VE, vsum_of; simpl. field. Qed.

(** Each of two numbers differs from their mean by half their difference. *)
Lemma half_difference (x : bool -> R) (b : bool) (d : R) :
  Rabs (x true - x false) <= 2 * d -> Rabs (x b - (x true + x false) / 2) <= d.
Proof.
  intros H. destruct b.
  - replace (_ - _) with (/ 2 * (x true - x false)) by field. rewrite Rabs_mult, (Rabs_right (/ 2)); lra.
  - replace (_ - _) with (- (/ 2 * (x true - x false))) by field.
    rewrite Rabs_Ropp, Rabs_mult, (Rabs_right (/ 2)); lra.
Qed.

(** ** Shifted models *)

Section Shifted.
Variables (s t : R) (l g h : R -> R) (L rho : R).
Hypotheses (s_nonneg : 0 <= s) (t_nonneg : 0 <= t) (L_nonneg : 0 <= L) (rho_nonneg : 0 <= rho).
Hypotheses (l_derivative : forall x, derivable_pt_lim l x (g x)) (g_derivative : forall x, derivable_pt_lim g x (h x)).
Hypotheses (g_lipschitz : forall x y, Rabs (g x - g y) <= L * Rabs (x - y))
  (h_lipschitz : forall x y, Rabs (h x - h y) <= rho * Rabs (x - y)).
Notation M := (shifted s t l g h).

(** The gradient of a task is the mean of those of its two samples. *)
Lemma shifted_grad (i : bool) (x : R) :
  (grad (M := M) i x : R) = (g (x - center s t i true) + g (x - center s t i false)) / 2.
Proof. apply (coin_vector_mean (fun z => g (x - center s t i z))). Qed.

(** The Hessian of a task is the mean of those of its two samples. *)
Lemma shifted_hess (i : bool) (x v : R) :
  (hess (M := M) i x v : R) = (h (x - center s t i true) + h (x - center s t i false)) / 2 * v.
Proof.
  transitivity ((h (x - center s t i true) * v + h (x - center s t i false) * v) / 2); [| field].
  apply (coin_vector_mean (fun z => h (x - center s t i z) * v)).
Qed.

(** The losses of the samples have gradients. *)
Lemma shifted_losses : sample_losses_differentiable (M := M).
Proof. intros i z x. apply gradient_real, derivable_moved, l_derivative. Qed.

(** The gradients of the samples have derivatives. *)
Lemma shifted_gradients : sample_gradients_differentiable (M := M).
Proof. intros i z x. apply (derivative_real (fun w => g (w - center s t i z))), derivable_moved, g_derivative. Qed.

(** Hence the gradients of the tasks have derivatives along each line. *)
Lemma shifted_differentiable : differentiable (M := M).
Proof. apply derivative_along_lines, samples_give_gradients, shifted_gradients. Qed.

(** A Lipschitz constant of g is one of the gradients of the tasks. *)
Lemma shifted_smooth : smooth (M := M) L.
Proof.
  intros i x y. rewrite !shifted_grad, !norm_real, !sub_real.
  pose proof (g_lipschitz (x - center s t i true) (y - center s t i true)) as A.
  pose proof (g_lipschitz (x - center s t i false) (y - center s t i false)) as B.
  replace (x - center s t i true - (y - center s t i true)) with (Rminus x y) in A by ring.
  replace (x - center s t i false - (y - center s t i false)) with (Rminus x y) in B by ring.
  replace (_ / 2 - _ / 2)
    with (/ 2 * ((g (x - center s t i true) - g (y - center s t i true))
                 + (g (x - center s t i false) - g (y - center s t i false)))) by field.
  rewrite Rabs_mult, (Rabs_right (/ 2)) by lra.
  pose proof (Rabs_triang (g (x - center s t i true) - g (y - center s t i true))
                (g (x - center s t i false) - g (y - center s t i false))). lra.
Qed.

(** A Lipschitz constant of h is one of the Hessians of the tasks. *)
Lemma shifted_hessian_lipschitz : hessian_lipschitz (M := M) rho.
Proof.
  intros i x y v. rewrite !shifted_hess, !norm_real, !sub_real.
  pose proof (h_lipschitz (x - center s t i true) (y - center s t i true)) as A.
  pose proof (h_lipschitz (x - center s t i false) (y - center s t i false)) as B.
  replace (x - center s t i true - (y - center s t i true)) with (Rminus x y) in A by ring.
  replace (x - center s t i false - (y - center s t i false)) with (Rminus x y) in B by ring.
  replace (_ / 2 * v - _ / 2 * v)
    with (/ 2 * ((h (x - center s t i true) - h (y - center s t i true))
                 + (h (x - center s t i false) - h (y - center s t i false))) * v) by field.
  rewrite !Rabs_mult, (Rabs_right (/ 2)) by lra. apply Rmult_le_compat_r; [apply Rabs_pos |].
  pose proof (Rabs_triang (h (x - center s t i true) - h (y - center s t i true))
                (h (x - center s t i false) - h (y - center s t i false))). lra.
Qed.

(** On the real line every Hessian is symmetric. *)
Lemma shifted_symmetric : symmetric (M := M).
Proof. intros i z x u v; simpl. ring. Qed.

(** The two samples of a task lie 2 t apart. *)
Lemma samples_apart (i : bool) (x : R) : Rabs (x - center s t i true - (x - center s t i false)) = 2 * t.
Proof.
  unfold center. replace (_ - _) with (- (2 * t)) by (simpl; ring). rewrite Rabs_Ropp; apply Rabs_right; lra.
Qed.

(** The Hessian of a sample differs from that of its task by at most rho t. *)
Lemma shifted_hessian_noise : bounds_hessian_noise (M := M) (fun _ _ _ => rho * t).
Proof.
  intros i x z v; split; [now apply Rmult_le_pos |].
  rewrite shifted_hess, !norm_real, sub_real; simpl.
  rewrite <- Rmult_minus_distr_r, Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos |].
  apply (half_difference (fun z => h (x - center s t i z))).
  eapply Rle_trans; [apply h_lipschitz | rewrite samples_apart; lra].
Qed.

(** Hence so does its deviation. *)
Lemma shifted_hessian_deviation : hessian_deviation_at_most (M := M) (fun _ _ _ => rho * t) (rho * t).
Proof.
  intros i x. unfold hessian_deviation. rewrite E_const, sqrt_pow2; [lra | now apply Rmult_le_pos].
Qed.

(** The gradients of samples deviate from those of their task by at most L t. *)
Lemma shifted_gradient_deviation : gradient_deviation_at_most (M := M) (L * t).
Proof.
  intros i x. unfold gradient_deviation.
  assert (P : 0 <= L * t) by now apply Rmult_le_pos.
  rewrite <- (sqrt_pow2 (L * t)) by assumption. apply sqrt_le_1_alt.
  rewrite <- (E_const (samples (m := M) i) ((L * t) ^ 2)). apply E_le; intros z.
  apply squares; [apply norm_nonneg |].
  rewrite shifted_grad, norm_real, sub_real; simpl.
  apply (half_difference (fun z => g (x - center s t i z))).
  eapply Rle_trans; [apply g_lipschitz | rewrite samples_apart; lra].
Qed.

(** The variance of gradients among tasks is at most (L s)^2. *)
Lemma shifted_task_variance : task_variance_at_most (M := M) (L * s).
Proof.
  intros x. unfold task_variance.
  rewrite <- (E_const (tasks (m := M)) ((L * s) ^ 2)). apply E_le; intros i.
  apply squares; [apply norm_nonneg |].
  rewrite norm_real, sub_real.
  replace (VE (tasks (m := M)) (fun j => grad j x)) with ((grad (M := M) true x + grad (M := M) false x) / 2)
    by (symmetry; apply (coin_vector_mean (fun j => grad (M := M) j x))).
  apply (half_difference (fun j => grad (M := M) j x)).
  rewrite !shifted_grad.
  pose proof (g_lipschitz (x - center s t true true) (x - center s t false true)) as A.
  pose proof (g_lipschitz (x - center s t true false) (x - center s t false false)) as B.
  replace (x - center s t true true - (x - center s t false true)) with (- (2 * s)) in A by (unfold center; ring).
  replace (x - center s t true false - (x - center s t false false)) with (- (2 * s)) in B by (unfold center; ring).
  rewrite Rabs_Ropp, (Rabs_right (2 * s)) in A by lra. rewrite Rabs_Ropp, (Rabs_right (2 * s)) in B by lra.
  replace (_ / 2 - _ / 2)
    with (/ 2 * ((g (x - center s t true true) - g (x - center s t false true))
                 + (g (x - center s t true false) - g (x - center s t false false)))) by field.
  rewrite Rabs_mult, (Rabs_right (/ 2)) by lra.
  pose proof (Rabs_triang (g (x - center s t true true) - g (x - center s t false true))
                (g (x - center s t true false) - g (x - center s t false false))). lra.
Qed.

(** Along each line the objective has the meta-gradient as its gradient. *)
Lemma shifted_objective (alpha : R) : objective_lines (M := M) alpha.
Proof.
  apply objective_along_lines.
  - apply samples_give_losses, shifted_losses.
  - apply samples_give_gradients, shifted_gradients.
  - apply shifted_symmetric.
Qed.

(** If no loss is negative, then neither is the objective. *)
Lemma shifted_nonneg (alpha w : R) : (forall x, 0 <= l x) -> 0 <= objective (M := M) alpha w.
Proof. intros H. apply E_nonneg; intros i. apply E_nonneg; intros z. apply H. Qed.

(** A lower bound of h is one of the curvature of the tasks. *)
Lemma shifted_curvature (mu : R) : (forall x, mu <= h x) -> least_curvature (M := M) mu.
Proof.
  intros H i x v. rewrite shifted_hess, norm_real; simpl. rewrite Rmult_1_r, <- Rabs_mult.
  pose proof (H (x - center s t i true)). pose proof (H (x - center s t i false)).
  pose proof (Rle_0_sqr v) as Q; unfold Rsqr in Q. rewrite (Rabs_right (v * v)) by now apply Rle_ge.
  set (k := (h (x - center s t i true) + h (x - center s t i false)) / 2).
  replace (v * (k * v)) with (k * (v * v)) by ring. apply Rmult_le_compat_r; [assumption | unfold k; lra].
Qed.
End Shifted.

(** ** Quadratic losses *)

(** The quadratic losses meet all assumptions, whatever their curvature L >= 0 and their distances s and t. Their
    Hessians are constant and the same for all samples. Their objective is never negative, so that no point is lower
    than a start w_0 by more than the objective there. *)
Theorem quadratics_meet_the_assumptions (L s t : R) : 0 <= L -> 0 <= s -> 0 <= t ->
  let M := quadratics L s t in
  sample_losses_differentiable (M := M) /\ losses_differentiable (M := M) /\
  sample_gradients_differentiable (M := M) /\ gradients_differentiable (M := M) /\
  differentiable (M := M) /\ samples_differentiable (M := M) /\ symmetric (M := M) /\
  (forall alpha, objective_lines (M := M) alpha) /\ (forall alpha w, 0 <= objective (M := M) alpha w) /\
  smooth (M := M) L /\
  (forall rho, 0 <= rho -> hessian_lipschitz (M := M) rho) /\
  least_curvature (M := M) L /\
  gradient_deviation_at_most (M := M) (L * t) /\
  bounds_hessian_noise (M := M) (fun _ _ _ => 0) /\
  hessian_deviation_at_most (M := M) (fun _ _ _ => 0) 0 /\
  task_variance_at_most (M := M) (L * s).
Proof.
  intros HL Hs Ht M. unfold M, quadratics.
  assert (l0 : forall x, 0 <= L / 2 * x ^ 2) by (intros; apply Rmult_le_pos; [lra | apply pow2_ge_0]).
  assert (l1 : forall x, derivable_pt_lim (fun x => L / 2 * x ^ 2) x (L * x)).
  { intros x. replace (L * x) with (L / 2 * (INR 2 * x ^ pred 2)) by (simpl; field).
    apply derivable_pt_lim_scal, derivable_pt_lim_pow. }
  assert (g1 : forall x, derivable_pt_lim (fun x => L * x) x L).
  { intros x. pose proof (derivable_pt_lim_scal id L x 1 (derivable_pt_lim_id x)) as K. now rewrite Rmult_1_r in K. }
  assert (g2 : forall x y, Rabs (L * x - L * y) <= L * Rabs (x - y)).
  { intros x y. rewrite <- Rmult_minus_distr_l, Rabs_mult, (Rabs_right L); lra. }
  assert (h2 : forall rho, 0 <= rho -> forall x y : R, Rabs (L - L) <= rho * Rabs (x - y)).
  { intros rho Hrho x y. rewrite Rminus_eq_0, Rabs_R0. apply Rmult_le_pos; [assumption | apply Rabs_pos]. }
  pose proof (shifted_losses s t _ _ (fun _ => L) l1) as A1.
  pose proof (shifted_gradients s t (fun x => L / 2 * x ^ 2) _ _ g1) as A2.
  pose proof (shifted_hessian_noise s t (fun x => L / 2 * x ^ 2) (fun x => L * x) (fun _ => L) 0 Ht (Rle_refl 0)
                (h2 0 (Rle_refl 0))) as A3.
  pose proof (shifted_hessian_deviation s t (fun x => L / 2 * x ^ 2) (fun x => L * x) (fun _ => L) 0 Ht (Rle_refl 0))
    as A4.
  rewrite Rmult_0_l in A3, A4.
  refine (conj A1 (conj (samples_give_losses A1) (conj A2 (conj (samples_give_gradients A2) _)))).
  refine (conj (shifted_differentiable _ _ _ _ _ g1) (conj (sample_derivative_along_lines A2) _)).
  refine (conj (shifted_symmetric _ _ _ _ _) (conj (shifted_objective _ _ _ _ _ l1 g1) _)).
  refine (conj (fun alpha w => shifted_nonneg _ _ _ _ _ alpha w l0) (conj (shifted_smooth _ _ _ _ _ _ g2) _)).
  refine (conj (fun rho Hrho => shifted_hessian_lipschitz _ _ _ _ _ _ (h2 rho Hrho)) _).
  refine (conj (shifted_curvature _ _ _ _ _ L (fun _ => Rle_refl L)) _).
  refine (conj (shifted_gradient_deviation _ _ _ _ _ _ Ht HL g2) (conj A3 (conj A4 _))).
  exact (shifted_task_variance _ _ _ _ _ _ Hs g2).
Qed.

(** The noise of the quadratic losses is just what was said, so that it is not 0 where L, s and t are not. *)
Theorem quadratics_noise (L s t : R) : 0 <= L -> 0 <= s -> 0 <= t ->
  let M := quadratics L s t in
  (forall (i : task M) (x : M), gradient_deviation i x = L * t) /\
  (forall x : M, task_variance x = (L * s) ^ 2).
Proof.
  intros HL Hs Ht M. split.
  - intros i x. unfold gradient_deviation. rewrite <- (sqrt_pow2 (L * t)) by now apply Rmult_le_pos.
    f_equal. rewrite <- (E_const (samples (m := M) i) ((L * t) ^ 2)). apply E_ext; intros z.
    unfold M, quadratics. rewrite shifted_grad, norm_real, sub_real, pow2_abs.
    simpl sample_gradient; unfold center; destruct i, z; field.
  - intros x. unfold task_variance. rewrite <- (E_const (tasks (m := M)) ((L * s) ^ 2)). apply E_ext; intros i.
    replace (VE (tasks (m := M)) (fun j => grad j x)) with ((grad (M := M) true x + grad (M := M) false x) / 2)
      by (symmetry; apply (coin_vector_mean (fun j => grad (M := M) j x))).
    unfold M, quadratics. rewrite norm_real, sub_real, !shifted_grad, pow2_abs.
    unfold center; destruct i; field.
Qed.

(** ** Losses whose gradient is an arctangent *)

(** The derivative of 1 + x^2 is 2 x. *)
Lemma one_plus_square (x : R) : derivable_pt_lim (fun x => 1 + x ^ 2) x (0 + INR 2 * x ^ pred 2).
Proof.
  apply (derivable_pt_lim_plus (fun _ => 1) (fun x => x ^ 2)).
  - apply derivable_pt_lim_const.
  - apply derivable_pt_lim_pow.
Qed.

(** The derivative of x atan x - ln (1 + x^2) / 2 is atan x. *)
Lemma arctangent_loss (x : R) : derivable_pt_lim (fun x => x * atan x - ln (1 + x ^ 2) / 2) x (atan x).
Proof.
  pose proof (pow2_ge_0 x).
  replace (atan x) with ((1 * atan x + x * / (1 + x ^ 2)) - / 2 * (/ (1 + x ^ 2) * (0 + INR 2 * x ^ pred 2)))
    by (simpl; field; lra).
  assert (P : derivable_pt_lim (fun x => / 2 * ln (1 + x ^ 2)) x (/ 2 * (/ (1 + x ^ 2) * (0 + INR 2 * x ^ pred 2)))).
  { apply (derivable_pt_lim_scal (fun x => ln (1 + x ^ 2))).
    apply (derivable_pt_lim_comp (fun x => 1 + x ^ 2) ln); [| apply derivable_pt_lim_ln; lra].
    apply one_plus_square. }
  assert (Q : derivable_pt_lim (fun x => x * atan x) x (1 * atan x + x * / (1 + x ^ 2))).
  { apply (derivable_pt_lim_mult (fun x => x) atan); [apply derivable_pt_lim_id | apply derivable_pt_lim_atan]. }
  intros eps He. destruct (derivable_pt_lim_minus _ _ _ _ _ Q P eps He) as [d K].
  exists d; intros k Hk Hkd. specialize (K k Hk Hkd). unfold minus_fct in K.
  now replace (ln (1 + (x + k) ^ 2) / 2) with (/ 2 * ln (1 + (x + k) ^ 2)) by field;
    replace (ln (1 + x ^ 2) / 2) with (/ 2 * ln (1 + x ^ 2)) by field.
Qed.

(** The loss x atan x - ln (1 + x^2) / 2 is least at 0, where it is 0. *)
Lemma arctangent_loss_nonneg (x : R) : 0 <= x * atan x - ln (1 + x ^ 2) / 2.
Proof.
  set (l := fun x => x * atan x - ln (1 + x ^ 2) / 2). change (0 <= l x).
  assert (Z : l 0 = 0) by (unfold l; replace (1 + 0 ^ 2) with 1 by ring; rewrite ln_1; field).
  destruct (Rtotal_order x 0) as [H | [-> | H]].
  - destruct (MVT_cor2 l atan x 0 H (fun c _ => arctangent_loss c)) as [c [K [_ Hc]]].
    apply atan_increasing in Hc; rewrite atan_0 in Hc. nra.
  - rewrite Z; lra.
  - destruct (MVT_cor2 l atan 0 x H (fun c _ => arctangent_loss c)) as [c [K [Hc _]]].
    apply atan_increasing in Hc; rewrite atan_0 in Hc. nra.
Qed.

(** The derivative of 1 / (1 + x^2) is -2 x / (1 + x^2)^2. *)
Lemma arctangent_third (x : R) : derivable_pt_lim (fun x => / (1 + x ^ 2)) x (- (2 * x) / (1 + x ^ 2) ^ 2).
Proof.
  pose proof (pow2_ge_0 x).
  pose proof (derivable_pt_lim_div (fun _ => 1) _ x _ _ (derivable_pt_lim_const 1 x) (one_plus_square x)) as Q.
  replace (- (2 * x) / (1 + x ^ 2) ^ 2) with ((0 * (1 + x ^ 2) - (0 + INR 2 * x ^ pred 2) * 1) / Rsqr (1 + x ^ 2))
    by (unfold Rsqr; simpl; field; lra).
  intros eps He. destruct (Q ltac:(lra) eps He) as [d K]. exists d; intros k Hk Hkd. specialize (K k Hk Hkd).
  assert (Z : forall y, 1 / y = / y) by (intros; unfold Rdiv; ring).
  unfold div_fct in K. rewrite !Z in K. exact K.
Qed.

(** The absolute value of this is at most 3 sqrt 3 / 8, which it is at x = 1 / sqrt 3. *)
Lemma arctangent_third_bound (x : R) : Rabs (- (2 * x) / (1 + x ^ 2) ^ 2) <= 3 * sqrt 3 / 8.
Proof.
  pose proof (pow2_ge_0 x) as P. assert (P2 : 0 < (1 + x ^ 2) ^ 2) by (apply pow_lt; lra).
  unfold Rdiv at 1. rewrite Rabs_mult, Rabs_Ropp, Rabs_mult, Rabs_inv.
  rewrite (Rabs_right 2), (Rabs_right ((1 + x ^ 2) ^ 2)) by lra.
  apply Rmult_le_reg_r with ((1 + x ^ 2) ^ 2); [assumption |].
  rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra. rewrite <- (pow2_abs x). set (u := Rabs x).
  pose proof (Rabs_pos x : 0 <= u) as U. set (r := sqrt 3).
  assert (R1 : r ^ 2 = 3) by (apply pow2_sqrt; lra). assert (R0 : 0 < r) by (apply sqrt_lt_R0; lra).
  (* with v = r u, it is (v - 1)^2 (v^2 + 2 v + 9) >= 0 *)
  assert (K : 0 <= (r * u - 1) ^ 2 * ((r * u) ^ 2 + 2 * (r * u) + 9)).
  { apply Rmult_le_pos; [apply pow2_ge_0 |]. pose proof (pow2_ge_0 (r * u)).
    assert (0 <= r * u) by (apply Rmult_le_pos; lra). lra. }
  replace ((r * u - 1) ^ 2 * ((r * u) ^ 2 + 2 * (r * u) + 9))
    with (r ^ 2 * r ^ 2 * u ^ 4 + 6 * r ^ 2 * u ^ 2 - 16 * r * u + 9) in K by ring.
  rewrite R1 in K. apply Rmult_le_reg_l with (8 * r); [lra |].
  replace (8 * r * (3 * r / 8 * (1 + u ^ 2) ^ 2)) with (3 * r ^ 2 * (1 + u ^ 2) ^ 2) by field. rewrite R1. lra.
Qed.

(** 1 / (1 + x^2) is between 0 and 1. *)
Lemma arctangent_second_bound (x : R) : 0 < / (1 + x ^ 2) <= 1.
Proof.
  pose proof (pow2_ge_0 x). split; [apply Rinv_0_lt_compat; lra |].
  rewrite <- Rinv_1. apply Rinv_le_contravar; lra.
Qed.

(** The losses whose gradients are arctangents meet all assumptions, whatever the distances s and t. They are convex,
    their gradients have the Lipschitz constant 1, and their Hessians have the Lipschitz constant 3 sqrt 3 / 8. Their
    objective is never negative either. *)
Theorem arctangents_meet_the_assumptions (s t : R) : 0 <= s -> 0 <= t ->
  let M := arctangents s t in let rho := 3 * sqrt 3 / 8 in
  sample_losses_differentiable (M := M) /\ losses_differentiable (M := M) /\
  sample_gradients_differentiable (M := M) /\ gradients_differentiable (M := M) /\
  differentiable (M := M) /\ samples_differentiable (M := M) /\ symmetric (M := M) /\
  (forall alpha, objective_lines (M := M) alpha) /\ (forall alpha w, 0 <= objective (M := M) alpha w) /\
  smooth (M := M) 1 /\
  0 < rho /\ hessian_lipschitz (M := M) rho /\
  least_curvature (M := M) 0 /\
  gradient_deviation_at_most (M := M) t /\
  bounds_hessian_noise (M := M) (fun _ _ _ => rho * t) /\
  hessian_deviation_at_most (M := M) (fun _ _ _ => rho * t) (rho * t) /\
  task_variance_at_most (M := M) s.
Proof.
  intros Hs Ht M rho. unfold M, arctangents.
  assert (Hrho : 0 < rho) by (unfold rho; assert (0 < sqrt 3) by (apply sqrt_lt_R0; lra); lra).
  assert (g2 : forall x y, Rabs (atan x - atan y) <= 1 * Rabs (x - y)).
  { apply (lipschitz_of_derivative _ _ _ derivable_pt_lim_atan); intros x.
    pose proof (arctangent_second_bound x). rewrite Rabs_right; lra. }
  pose proof (lipschitz_of_derivative _ _ _ arctangent_third arctangent_third_bound) as h2. fold rho in h2.
  pose proof (shifted_losses s t _ _ (fun x => / (1 + x ^ 2)) arctangent_loss) as A1.
  pose proof (shifted_gradients s t (fun x => x * atan x - ln (1 + x ^ 2) / 2) _ _ derivable_pt_lim_atan) as A2.
  refine (conj A1 (conj (samples_give_losses A1) (conj A2 (conj (samples_give_gradients A2) _)))).
  refine (conj (shifted_differentiable _ _ _ _ _ derivable_pt_lim_atan) (conj (sample_derivative_along_lines A2) _)).
  refine (conj (shifted_symmetric _ _ _ _ _) _).
  refine (conj (shifted_objective _ _ _ _ _ arctangent_loss derivable_pt_lim_atan) _).
  refine (conj (fun alpha w => shifted_nonneg _ _ _ _ _ alpha w arctangent_loss_nonneg) _).
  refine (conj (shifted_smooth _ _ _ _ _ _ g2) (conj Hrho (conj (shifted_hessian_lipschitz _ _ _ _ _ _ h2) _))).
  refine (conj (shifted_curvature _ _ _ _ _ 0 (fun x => Rlt_le _ _ (proj1 (arctangent_second_bound x)))) _).
  pose proof (shifted_gradient_deviation s t (fun x => x * atan x - ln (1 + x ^ 2) / 2) _ (fun x => / (1 + x ^ 2))
                1 Ht Rle_0_1 g2) as A3.
  pose proof (shifted_task_variance s t (fun x => x * atan x - ln (1 + x ^ 2) / 2) _ (fun x => / (1 + x ^ 2))
                1 Hs g2) as A4.
  rewrite Rmult_1_l in A3, A4.
  refine (conj A3 (conj (shifted_hessian_noise _ _ _ _ _ _ Ht (Rlt_le _ _ Hrho) h2) (conj _ A4))).
  exact (shifted_hessian_deviation _ _ _ _ _ _ Ht (Rlt_le _ _ Hrho)).
Qed.

(** These losses are not quadratic: the Hessian is not constant. *)
Theorem arctangents_not_quadratic (s t : R) : 0 <= t -> ~ hessian_lipschitz (M := arctangents s t) 0.
Proof.
  intros Ht H. specialize (H true s (s + (2 * t + 1)) 1).
  rewrite norm_real, sub_real in H. unfold arctangents in H. rewrite !shifted_hess, !Rmult_0_l, !Rmult_1_r in H.
  unfold center in H.
  replace (s - (s + t)) with (- t) in H by ring. replace (s - (s + - t)) with t in H by ring.
  replace (s + (2 * t + 1) - (s + t)) with (t + 1) in H by ring.
  replace (s + (2 * t + 1) - (s + - t)) with (3 * t + 1) in H by ring.
  assert (K1 : / (1 + (t + 1) ^ 2) < / (1 + t ^ 2)).
  { apply Rinv_lt_contravar; [apply Rmult_lt_0_compat |]; nra. }
  assert (K2 : / (1 + (3 * t + 1) ^ 2) < / (1 + t ^ 2)).
  { apply Rinv_lt_contravar; [apply Rmult_lt_0_compat |]; nra. }
  replace ((- t) ^ 2) with (t ^ 2) in H by ring.
  pose proof (Rle_abs ((/ (1 + t ^ 2) + / (1 + t ^ 2)) / 2 - (/ (1 + (t + 1) ^ 2) + / (1 + (3 * t + 1) ^ 2)) / 2)).
  lra.
Qed.
