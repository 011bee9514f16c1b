(** * Theorems: every axiom of mamlcheck's kernel, as a theorem

    Each has the name of the axiom's file. After its arguments come equations [norm ... = n], [E ... = n]: they let a
    proof write a norm or a mean as the language does, say with a factor taken out. Nothing here has to be trusted. *)

From Coq Require Import Reals Lra Lia List.
From MamlCheck Require Import Base Model Rules.
Open Scope R_scope.

(** ** Vectors *)

Section Vectors.
Context {V : space}.
Implicit Types u v : V.

Theorem triangle u v a b c : norm (u + v)%V = a -> norm u = b -> norm v = c -> a <= b + c.
Proof. intros <- <- <-; apply norm_triangle. Qed.

Theorem cauchy_schwarz u v a b c : inner u v = a -> norm u = b -> norm v = c -> a <= b * c.
Proof. intros <- <- <-; apply Base.cauchy_schwarz. Qed.

Theorem expand_square u v a b c d :
  norm (u + v)%V = a -> norm u = b -> inner u v = c -> norm v = d -> a ^ 2 = b ^ 2 + 2 * c + d ^ 2.
Proof. intros <- <- <- <-; apply norm_add_square. Qed.

Theorem scaling c v (Hc : 0 <= c) a b : norm (c * v)%V = a -> norm v = b -> a = c * b.
Proof. intros <- <-; now apply norm_scale. Qed.

Lemma direction_inner (e v : V) : norm v = inner (direction e v) v.
Proof.
  unfold direction; destruct (Req_EM_T (norm v) 0) as [Z | Z].
  - now rewrite (norm_0_zero _ Z), inner_zero_r, norm_zero.
  - rewrite inner_scale, <- norm_square; field; assumption.
Qed.

Theorem duality e v a b : norm v = a -> inner (direction e v) v = b -> a = b.
Proof. intros <- <-; apply direction_inner. Qed.

Theorem symmetry u (A : V -> V) v a b :
  inner u (A v) = a -> inner (A u) v = b -> (forall x y, inner x (A y) = inner (A x) y) -> a = b.
Proof. intros <- <- H; apply H. Qed.
End Vectors.

Theorem square_root x : 0 <= x -> sqrt x ^ 2 = x.
Proof. apply pow2_sqrt. Qed.

(** ** Means *)

Section Means.
Context {A : Type} {V : space} (d : law A).
Implicit Types (v : A -> V) (x y : A -> R).

Theorem jensen_norm v m a n e :
  VE d v = m -> norm m = a -> (forall t, norm (v t) = n t) -> E d n = e -> a <= e.
Proof. intros <- <- H <-. rewrite <- (E_ext d _ _ H). apply norm_VE_le. Qed.

Theorem jensen_square x a b : E d x = a -> E d (fun t => x t ^ 2) = b -> a ^ 2 <= b.
Proof. intros <- <-; apply E_square_le. Qed.

Theorem mean_cauchy_schwarz x y a b c :
  E d (fun t => x t * y t) = a -> E d (fun t => x t ^ 2) = b -> E d (fun t => y t ^ 2) = c -> a ^ 2 <= b * c.
Proof. intros <- <- <-; apply E_cauchy_schwarz. Qed.

Theorem inner_mean (u : V) v m a n b :
  VE d v = m -> inner u m = a -> (forall t, inner u (v t) = n t) -> E d n = b -> a = b.
Proof. intros <- <- H <-. rewrite <- (E_ext d _ _ H). apply inner_VE. Qed.

Theorem jensen_reciprocal x (P : forall t, 0 < x t) a b :
  E d x = a -> E d (fun t => / x t) = b -> / a <= b.
Proof.
  intros <- <-.
  assert (P1 : 0 < E d x) by now apply E_pos.
  assert (K : forall t, 2 * / E d x - x t * (/ E d x) ^ 2 <= / x t).
  { intros t; specialize (P t). set (m := E d x) in *.
    apply Rmult_le_reg_l with (x t * m ^ 2); [apply Rmult_lt_0_compat; [assumption | now apply pow_lt] |].
    replace (x t * m ^ 2 * / x t) with (m ^ 2) by (field; lra).
    replace (x t * m ^ 2 * (2 * / m - x t * (/ m) ^ 2)) with (2 * x t * m - x t ^ 2) by (field; lra).
    pose proof (pow2_ge_0 (x t - m)); lra. }
  pose proof (E_le d _ _ K) as H.
  rewrite (E_ext _ _ (fun t => 2 * / E d x + - (/ E d x) ^ 2 * x t)) in H by (intros; ring).
  rewrite E_add, E_const, E_scale in H.
  replace (2 * / E d x + - (/ E d x) ^ 2 * E d x) with (/ E d x) in H by (field; lra).
  assumption.
Qed.
End Means.

(** ** Batches *)

Section Batches.
Context {M : model} (n : nat).
Hypothesis n_pos : (1 <= n)%nat.
Implicit Types (i : task M) (x u v r : M).

Lemma grad_batch_mean i x : VE (batches n i) (fun D => batch_grad i D x) = grad i x.
Proof. now apply VE_batch. Qed.

Lemma hess_batch_mean i x v : VE (batches n i) (fun D => batch_hess i D x v) = hess i x v.
Proof. now apply VE_batch. Qed.

Theorem unbiased_gradient i x m : VE (batches n i) (fun D => batch_grad i D x) = m -> m = grad i x.
Proof. intros <-; apply grad_batch_mean. Qed.

Theorem unbiased_hessian i x v m : VE (batches n i) (fun D => batch_hess i D x v) = m -> m = hess i x v.
Proof. intros <-; apply hess_batch_mean. Qed.

Lemma sqrt_INR_square : sqrt (INR n) ^ 2 = INR n.
Proof. apply pow2_sqrt, pos_INR. Qed.

Theorem gradient_variance i x s a :
  (forall D, norm (batch_grad i D x - grad i x)%V = s D) -> E (batches n i) (fun D => s D ^ 2) = a ->
  a = gradient_deviation i x ^ 2 / sqrt (INR n) ^ 2.
Proof.
  intros Hs <-. rewrite sqrt_INR_square.
  rewrite <- (E_ext _ (fun D => norm (batch_grad i D x - grad i x)%V ^ 2)) by (intros; now rewrite Hs).
  unfold batch_grad, grad at 1, gradient_deviation. rewrite E_batch_variance by assumption. rewrite pow2_sqrt.
  - reflexivity.
  - apply E_nonneg; intros; apply pow2_ge_0.
Qed.

Theorem gradient_moment i x r s a b t c :
  (forall D, norm (batch_grad i D x + r)%V = s D) -> E (batches n i) (fun D => s D ^ 2) = a ->
  norm (grad i x + r)%V = b ->
  (forall D, norm (batch_grad i D x - grad i x)%V = t D) -> E (batches n i) (fun D => t D ^ 2) = c ->
  a = b ^ 2 + c.
Proof.
  intros Hs <- <- Ht <-.
  rewrite <- (E_ext _ (fun D => norm (batch_grad i D x + r)%V ^ 2)) by (intros; now rewrite Hs).
  rewrite <- (E_ext _ (fun D => norm (batch_grad i D x - grad i x)%V ^ 2) (fun D => t D ^ 2))
    by (intros; now rewrite Ht).
  rewrite E_moment, grad_batch_mean; reflexivity.
Qed.

Theorem hessian_moment i x u c v t noise s a b :
  (forall D, norm (batch_hess i D x v - hess i x v)%V = t D) -> E (batches n i) (fun D => t D ^ 2) = noise ->
  (forall D, norm (u + c * batch_hess i D x v)%V = s D) -> E (batches n i) (fun D => s D ^ 2) = a ->
  norm (u + c * hess i x v)%V = b ->
  a = b ^ 2 + c ^ 2 * noise.
Proof.
  intros Ht <- Hs <- <-.
  rewrite <- (E_ext _ (fun D => norm (c * batch_hess i D x v + u)%V ^ 2) (fun D => s D ^ 2))
    by (intros; rewrite <- Hs; do 2 f_equal; apply add_comm).
  rewrite <- (E_ext _ (fun D => norm (batch_hess i D x v - hess i x v)%V ^ 2) (fun D => t D ^ 2))
    by (intros; now rewrite Ht).
  rewrite E_moment, VE_scale, hess_batch_mean.
  rewrite <- E_scale; f_equal; [do 2 f_equal; apply add_comm |].
  apply E_ext; intros D. rewrite !norm_square.
  replace (c * batch_hess i D x v - c * hess i x v)%V with (c * (batch_hess i D x v - hess i x v))%V by vec.
  rewrite inner_scale, inner_scale_r; ring.
Qed.

Theorem hessian_variance {o} (O : bounds_hessian_noise (M := M) o) i x v t a b :
  (forall D, norm (batch_hess i D x v - hess i x v)%V = t D) -> E (batches n i) (fun D => t D ^ 2) = a ->
  norm v = b ->
  a <= hessian_deviation o i x ^ 2 / sqrt (INR n) ^ 2 * b ^ 2.
Proof.
  intros Ht <- <-. rewrite sqrt_INR_square.
  rewrite <- (E_ext _ (fun D => norm (batch_hess i D x v - hess i x v)%V ^ 2)) by (intros; now rewrite Ht).
  unfold batch_hess, hess at 1. rewrite E_batch_variance by assumption.
  unfold hessian_deviation. rewrite pow2_sqrt by (apply E_nonneg; intros; apply pow2_ge_0).
  unfold Rdiv. rewrite Rmult_assoc, (Rmult_comm (/ INR n)), <- Rmult_assoc.
  apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; now apply lt_0_INR |].
  rewrite Rmult_comm, <- E_scale. apply E_le; intros z.
  destruct (O i x z v) as [O1 O2]. unfold hess in O2.
  replace (norm v ^ 2 * o i x z ^ 2) with ((o i x z * norm v) ^ 2) by ring.
  apply pow_incr; split; [apply norm_nonneg | assumption].
Qed.
End Batches.

(** ** One sample, which is a batch of one *)

Section Samples.
Context {M : model}.
Implicit Types (i : task M) (x v r : M).

Theorem unbiased_gradient_sample i x m : VE (samples i) (fun z => sample_gradient i z x) = m -> m = grad i x.
Proof. now intros <-. Qed.

Theorem unbiased_hessian_sample i x v m : VE (samples i) (fun z => sample_hessian i z x v) = m -> m = hess i x v.
Proof. now intros <-. Qed.

Theorem gradient_variance_sample i x s a :
  (forall z, norm (sample_gradient i z x - grad i x)%V = s z) -> E (samples i) (fun z => s z ^ 2) = a ->
  a = gradient_deviation i x ^ 2.
Proof.
  intros Hs <-. unfold gradient_deviation. rewrite pow2_sqrt by (apply E_nonneg; intros; apply pow2_ge_0).
  apply E_ext; intros z; now rewrite Hs.
Qed.
End Samples.

(** ** Tasks *)

Section Tasks.
Context {M : model}.
Implicit Types (i : task M) (x y u v h w : M).

Theorem lipschitz_gradient {L} (S : smooth (M := M) L) i x y a b :
  norm (grad i x - grad i y)%V = a -> norm (x - y)%V = b -> a <= L * b.
Proof. intros <- <-; apply S. Qed.

Theorem lipschitz_hessian {rho} (S : hessian_lipschitz (M := M) rho) i x y v a b c :
  norm (hess i x v - hess i y v)%V = a -> norm (x - y)%V = b -> norm v = c -> a <= rho * b * c.
Proof. intros <- <- <-; apply S. Qed.

Theorem operator_norm L (HL : 0 <= L) (S : smooth (M := M) L) (D : differentiable (M := M)) i x v a b :
  norm (hess i x v) = a -> norm v = b -> a <= L * b.
Proof. intros <- <-; now apply hess_norm_le. Qed.

Theorem mean_value_integral (D : differentiable (M := M)) i x h (p : nonnegreal -> M) (q : M)
  (Hp : forall t : nonnegreal, p t = (x + t * h)%V) (Hq : q = (x + h)%V) (cs : list R) b g :
  (forall t : nonnegreal, norm (hess i (p t) h - hess i x h)%V = b t) ->
  norm (grad i q - grad i x - hess i x h)%V = g ->
  (forall t : nonnegreal, b t <= polynomial cs t) -> g <= integral cs.
Proof.
  intros Hb <- H. rewrite Hq. apply line_bound; [assumption |].
  intros t; rewrite <- Hp, Hb; apply H.
Qed.

Theorem chain_rule alpha w m :
  VE tasks (fun i =>
    grad i (w - alpha * grad i w) - alpha * hess i w (grad i (w - alpha * grad i w)))%V = m ->
  meta_gradient (M := M) alpha w = m.
Proof. intros <-; reflexivity. Qed.

Theorem chain_rule_batch n alpha w m' m :
  (forall i, VE (batches n i) (fun D =>
    grad i (w - alpha * batch_grad i D w)
    - alpha * batch_hess i D w (grad i (w - alpha * batch_grad i D w)))%V = m' i) ->
  VE tasks m' = m ->
  batch_meta_gradient (M := M) n alpha w = m.
Proof. intros H <-. unfold batch_meta_gradient. now rewrite (VE_ext _ _ _ H). Qed.

Fixpoint pulled_through alpha (p : nat -> task M -> M) (N : nat) i v : M :=
  match N with
  | O => v
  | S k => pulled_through alpha p k i (v - alpha * hess i (p k i) v)%V
  end.

Theorem chain_rule_steps alpha N w (p : nat -> task M -> M) (H0 : forall i, p O i = w)
  (Hp : forall k i, (k < N)%nat -> p (S k) i = (p k i - alpha * grad i (p k i))%V) m :
  VE tasks (fun i => pulled_through alpha p N i (grad i (p N i))) = m -> meta_gradient_steps alpha N w = m.
Proof.
  intros <-. unfold meta_gradient_steps. apply VE_ext; intros i.
  assert (P : forall k, (k <= N)%nat -> p k i = inner_point alpha k i w).
  { induction k as [| k IH]; intros Hk; [apply H0 |]. simpl. now rewrite Hp, IH by lia. }
  rewrite (P N) by lia. generalize (grad i (inner_point alpha N i w)); intros g.
  assert (Q : forall k v, (k <= N)%nat -> pulled_back alpha k i w v = pulled_through alpha p k i v).
  { induction k as [| k IH]; intros v Hk; simpl; [reflexivity |]. now rewrite IH, P by lia. }
  apply Q; lia.
Qed.

Theorem bounded_task_variance {sigma} (S : task_variance_at_most (M := M) sigma) x m s a :
  VE tasks (fun i => grad i x) = m -> (forall i, norm (grad i x - m)%V = s i) ->
  E tasks (fun i => s i ^ 2) = a -> a <= sigma ^ 2.
Proof.
  intros <- Hs <-. rewrite <- (E_ext _ (fun i => norm (grad i x - VE tasks (fun j => grad j x))%V ^ 2))
    by (intros; now rewrite Hs).
  apply S.
Qed.

Theorem bounded_gradient_deviation {sigma} (S : gradient_deviation_at_most (M := M) sigma) i x :
  gradient_deviation i x <= sigma.
Proof. apply S. Qed.

Theorem bounded_hessian_deviation {o sigma} (S : hessian_deviation_at_most (M := M) o sigma) i x :
  hessian_deviation o i x <= sigma.
Proof. apply S. Qed.
End Tasks.

(** ** The step size's draws *)

Section Draws.
Context {M : model} (n_tasks n : nat).
Hypothesis n_pos : (1 <= n_tasks)%nat.
Implicit Types (c : R) (x : task M -> list (sample M) -> R).

Lemma INR_n : 0 < INR n_tasks.
Proof. now apply lt_0_INR. Qed.

(** First and second moments of sums of independent numbers *)
Lemma E_total_number {A} (d : law A) k (x : A -> R) :
  E (draws k d) (fun l => total (map x l) ^ 2)
  = INR k * E d (fun a => x a ^ 2) + INR k * (INR k - 1) * E d x ^ 2.
Proof.
  induction k as [| k IH]; [simpl; rewrite E_sure; simpl; ring |].
  rewrite E_draws_S, S_INR; simpl map; simpl total.
  rewrite (E_ext d _ (fun a => x a ^ 2 + 2 * INR k * E d x * x a
                               + (INR k * E d (fun a => x a ^ 2) + INR k * (INR k - 1) * E d x ^ 2))).
  - repeat (rewrite E_add || rewrite E_const || rewrite E_scale); ring.
  - intros a.
    rewrite (E_ext _ _ (fun l => x a ^ 2 + (2 * x a) * total (map x l) + total (map x l) ^ 2)) by (intros; ring).
    rewrite !E_add, E_const, E_scale, IH, E_total; ring.
Qed.

Theorem iid_mean c x m a b :
  (forall i, E (batches n i) (fun D => x i D) = m i) -> E tasks m = a ->
  E (step_draws M n_tasks n) (mean_of_draws c x) = b -> b = c * a.
Proof.
  intros Hm <- <-. unfold step_draws, mean_of_draws, mean_of.
  rewrite (E_draws_ext _ _ _ (fun S => c * / INR n_tasks * total (map (fun p => x (fst p) (snd p)) S)))
    by (intros l K; cbv beta; rewrite map_length, K; ring).
  rewrite E_scale, E_total, E_pair; simpl. rewrite <- (E_ext _ _ _ Hm).
  field. apply Rgt_not_eq, INR_n.
Qed.

Theorem iid_variance c x m1 m2 a1 a2 b2 b1 :
  (forall i, E (batches n i) (fun D => x i D) = m1 i) ->
  (forall i, E (batches n i) (fun D => x i D ^ 2) = m2 i) ->
  E tasks m1 = a1 -> E tasks m2 = a2 ->
  E (step_draws M n_tasks n) (fun S => mean_of_draws c x S ^ 2) = b2 ->
  E (step_draws M n_tasks n) (mean_of_draws c x) = b1 ->
  b2 = b1 ^ 2 + c ^ 2 / INR n_tasks * (a2 - a1 ^ 2).
Proof.
  intros H1 H2 <- <- <- E1. pose proof INR_n as P.
  rewrite (iid_mean c x m1 (E tasks m1) b1 H1 eq_refl E1).
  unfold step_draws, mean_of_draws, mean_of.
  rewrite (E_draws_ext _ _ _ (fun S => c ^ 2 * (/ INR n_tasks) ^ 2 * total (map (fun p => x (fst p) (snd p)) S) ^ 2))
    by (intros l K; cbv beta; rewrite map_length, K; ring).
  rewrite E_scale, E_total_number, !E_pair; simpl fst; simpl snd.
  rewrite <- (E_ext _ _ _ H1), <- (E_ext _ _ _ H2). field. lra.
Qed.
End Draws.
