(** * Model: tasks, samples, meta-gradients, assumptions

    The words of the paper (Fallah, Mokhtari, Ozdaglar, AISTATS 2020), as definitions. [alpha] is the inner rate;
    [i] is a task, [z] a sample, [D] a batch, which is a list of samples; [w], [x], [u], [v] are vectors. *)

From Coq Require Import Reals Lra List.
From MamlCheck Require Import Base.
Open Scope R_scope.

(** Tasks with their probabilities, and of each task samples with theirs. Each sample has a loss, a gradient and a
    Hessian at each point, which is a linear map. That they are derivatives is an assumption, below. *)
Record model := {
  parameters :> space;
  task : Type;
  sample : Type;
  tasks : law task;
  samples : task -> law sample;
  loss : task -> sample -> parameters -> R;
  sample_gradient : task -> sample -> parameters -> parameters;
  sample_hessian : task -> sample -> parameters -> parameters -> parameters;
  sample_hessian_linear : forall i z x, linear (sample_hessian i z x)
}.
Arguments tasks {m}.
Arguments samples {m} _.
Arguments loss {m} _ _ _.
Arguments sample_gradient {m} _ _ _.
Arguments sample_hessian {m} _ _ _ _.

Section Model.
Context {M : model}.
Implicit Types (i : task M) (D : list (sample M)) (w x v : M).

(** n samples of a task, drawn independently *)
Definition batches (n : nat) i : law (list (sample M)) := draws n (samples i).

(** f_i(x), its gradient and its Hessian: means over the samples of the task *)
Definition f i x : R := E (samples i) (fun z => loss i z x).
Definition grad i x : M := VE (samples i) (fun z => sample_gradient i z x).
Definition hess i x v : M := VE (samples i) (fun z => sample_hessian i z x v).

(** The gradient and the Hessian on a batch: plain means over its samples *)
Definition batch_grad i D x : M := vmean_of (map (fun z => sample_gradient i z x) D).
Definition batch_hess i D x v : M := vmean_of (map (fun z => sample_hessian i z x v) D).

(** F(w) = E_i f_i(w - alpha grad f_i(w)), and with one batch of n samples for the inner step
    F^(w) = E_i E_D f_i(w - alpha grad f_i(w, D)): equations (2) and (3) *)
Definition objective (alpha : R) w : R := E tasks (fun i => f i (w - alpha * grad i w)%V).
Definition batch_objective (n : nat) (alpha : R) w : R :=
  E tasks (fun i => E (batches n i) (fun D => f i (w - alpha * batch_grad i D w)%V)).

(** Their gradients: that they are is proved below as [objective_derivative] and [batch_objective_derivative] *)
Definition meta_gradient (alpha : R) w : M :=
  VE tasks (fun i =>
    let g := grad i (w - alpha * grad i w)%V in
    (g - alpha * hess i w g)%V).
Definition batch_meta_gradient (n : nat) (alpha : R) w : M :=
  VE tasks (fun i => VE (batches n i) (fun D =>
    let g := grad i (w - alpha * batch_grad i D w)%V in
    (g - alpha * batch_hess i D w g)%V)).

(** N inner steps: w_0 = w, w_{k+1} = w_k - alpha grad f_i(w_k); F_N(w) = E_i f_i(w_N), and its gradient, in which
    grad f_i(w_N) is pulled back through (I - alpha H_i(w_0)) ... (I - alpha H_i(w_{N-1})) *)
Fixpoint inner_point (alpha : R) (N : nat) i w : M :=
  match N with
  | O => w
  | S k => (inner_point alpha k i w - alpha * grad i (inner_point alpha k i w))%V
  end.
Definition objective_steps (alpha : R) (N : nat) w : R := E tasks (fun i => f i (inner_point alpha N i w)).
Fixpoint pulled_back (alpha : R) (N : nat) i w v : M :=
  match N with
  | O => v
  | S k => pulled_back alpha k i w (v - alpha * hess i (inner_point alpha k i w) v)%V
  end.
Definition meta_gradient_steps (alpha : R) (N : nat) w : M :=
  VE tasks (fun i => pulled_back alpha N i w (grad i (inner_point alpha N i w))).

(** ** Assumptions *)

(** Assumption 4.3: every f_i has an L-Lipschitz gradient *)
Definition smooth (L : R) : Prop := forall i x y, norm (grad i x - grad i y)%V <= L * norm (x - y)%V.

(** The Hessian of every f_i is the derivative of its gradient along each line *)
Definition differentiable : Prop := forall i x h u,
  derivable_pt_lim (fun t => inner u (grad i (x + t * h)%V)) 0 (inner u (hess i x h)).

(** Assumption 4.4: the Hessian of every f_i is rho-Lipschitz *)
Definition hessian_lipschitz (rho : R) : Prop :=
  forall i x y v, norm (hess i x v - hess i y v)%V <= rho * norm (x - y)%V * norm v.

(** F has the gradient that is written above, along each line: [Derivatives] says when *)
Definition objective_lines (alpha : R) : Prop := forall x h,
  derivable_pt_lim (fun t => objective alpha (x + t * h)%V) 0 (inner (meta_gradient alpha x) h).

(** Second derivatives do not depend on their order *)
Definition symmetric : Prop := forall i z x u v,
  inner u (sample_hessian i z x v) = inner (sample_hessian i z x u) v.

(** The variance of gradients among tasks at a point; Assumption 4.5 bounds it everywhere *)
Definition task_variance x : R := E tasks (fun i => norm (grad i x - VE tasks (fun j => grad j x))%V ^ 2).
Definition task_variance_at_most (sigma : R) : Prop := forall x, task_variance x <= sigma ^ 2.

(** sigma~_i(x) of equation (13); Assumption 4.6 bounds it everywhere *)
Definition gradient_deviation i x : R :=
  sqrt (E (samples i) (fun z => norm (sample_gradient i z x - grad i x)%V ^ 2)).
Definition gradient_deviation_at_most (sigma : R) : Prop := forall i x, gradient_deviation i x <= sigma.

(** sigma_H,i(x) of equation (14). [o i x z] is the operator norm of the Hessian of a sample less that of f_i, or any
    bound of it, so that no supremum is needed: what is proved for all of them holds for the least. *)
Definition bounds_hessian_noise (o : task M -> M -> sample M -> R) : Prop := forall i x z v,
  0 <= o i x z /\ norm (sample_hessian i z x v - hess i x v)%V <= o i x z * norm v.
Definition hessian_deviation (o : task M -> M -> sample M -> R) i x : R :=
  sqrt (E (samples i) (fun z => o i x z ^ 2)).
Definition hessian_deviation_at_most (o : task M -> M -> sample M -> R) (sigma : R) : Prop :=
  forall i x, hessian_deviation o i x <= sigma.

(** mu is a lower bound of the curvature of every f_i, which are convex where mu >= 0 *)
Definition least_curvature (mu : R) : Prop := forall i x v, mu * norm v ^ 2 <= inner v (hess i x v).
End Model.

(** ** Bounds and step sizes *)

(** L(w) = 4L + 2 rho alpha E_i |grad f_i(w)| *)
Definition smoothness_bound {M : model} (alpha L rho : R) (w : M) : R :=
  4 * L + 2 * rho * alpha * E tasks (fun i => norm (grad i w)).

(** The step size's own draws: n_tasks tasks, each with a batch of n samples *)
Definition step_draws (M : model) (n_tasks n : nat) : law (list (task M * list (sample M))) :=
  draws n_tasks (pair_law tasks (batches n)).

(** L~(w) = 4L + 2 alpha rho times the plain mean of |grad f_j(w, D_j)| over the draws; beta~ = 1 / L~ *)
Definition estimated_bound {M : model} (alpha L rho : R) (w : M) (S : list (task M * list (sample M))) : R :=
  4 * L + 2 * alpha * rho * mean_of (map (fun j => norm (batch_grad (fst j) (snd j) w)) S).

(** rho t^2 / 2 while rho t <= L, then on along the tangent: what noise of size t moves a gradient by *)
Definition psi (L rho t : R) : R :=
  if Rle_dec (rho * t) L then rho * t ^ 2 / 2 else L * t - L ^ 2 / (2 * rho).

(** The unit vector along v; where v = 0 a given one. *)
Definition direction {V : space} (e v : V) : V := if Req_EM_T (norm v) 0 then e else (/ norm v * v)%V.

(** ** HF-MAML's difference of gradients, equation (9) *)

(** The step width delta of HF-MAML. Where rho alpha |v| = 0 there is no such number, and any positive one will do: then
    the difference is exact, or alpha = 0 and the difference is not used, or v = 0 and the difference is 0. *)
Definition step_width {V : space} (eta rho alpha : R) (v : V) : R :=
  if Req_EM_T (rho * alpha * norm v) 0 then 1 else eta / (rho * alpha * norm v).

(** The central difference along v of a map g, with width delta, at the point x. *)
Definition difference_along {V : space} (g : V -> V) (delta : R) (x v : V) : V :=
  (/ (2 * delta) * (g (x + delta * v) - g (x - delta * v)))%V.

(** The difference of the gradients of f_i, which stands for H_i(x) v. *)
Definition difference {M : model} (eta rho alpha : R) (i : task M) (x v : M) : M :=
  difference_along (grad i) (step_width eta rho alpha v) x v.

(** The difference of the gradients on a batch, which stands for H_i(x, D) v. Both gradients are of the same batch. *)
Definition batch_difference {M : model} (eta rho alpha : R) (i : task M) (D : list (sample M)) (x v : M) : M :=
  difference_along (batch_grad i D) (step_width eta rho alpha v) x v.

(** The Hessian of every sample is the derivative of its gradient along each line. *)
Definition samples_differentiable {M : model} : Prop := forall (i : task M) (z : sample M) (x h u : M),
  derivable_pt_lim (fun t => inner u (sample_gradient i z (x + t * h)%V)) 0 (inner u (sample_hessian i z x h)).

(** * Proved of these *)

Section Linear.
Context {M : model}.
Implicit Types (i : task M) (D : list (sample M)) (w x y v h : M).

Lemma hess_linear i x : linear (hess i x).
Proof.
  unfold hess; split; intros; [rewrite <- VE_add | rewrite <- VE_scale]; apply VE_ext; intros z;
    apply sample_hessian_linear.
Qed.

Lemma vtotal_map_add {A} (f g : A -> M) l :
  vtotal (map (fun a => f a + g a)%V l) = (vtotal (map f l) + vtotal (map g l))%V.
Proof. induction l as [| a l IH]; simpl; [vec | rewrite IH; vec]. Qed.

Lemma vtotal_map_scale {A} c (f : A -> M) l : vtotal (map (fun a => c * f a)%V l) = (c * vtotal (map f l))%V.
Proof. induction l as [| a l IH]; simpl; [vec | rewrite IH; vec]. Qed.

Lemma batch_hess_linear i D x : linear (batch_hess i D x).
Proof.
  unfold batch_hess, vmean_of; split; intros; rewrite !map_length.
  - rewrite (map_ext _ (fun z => sample_hessian i z x u + sample_hessian i z x v)%V)
      by (intros; apply sample_hessian_linear).
    rewrite vtotal_map_add; vec.
  - rewrite (map_ext _ (fun z => c * sample_hessian i z x v)%V) by (intros; apply sample_hessian_linear).
    rewrite vtotal_map_scale; vec.
Qed.

Lemma hess_symmetric (S : symmetric (M := M)) i x u v : inner u (hess i x v) = inner (hess i x u) v.
Proof.
  unfold hess; rewrite (inner_sym _ (VE _ _) v), !inner_VE; apply E_ext; intros z.
  rewrite S; apply inner_sym.
Qed.

Lemma batch_hess_symmetric (S : symmetric (M := M)) i D x u v :
  inner u (batch_hess i D x v) = inner (batch_hess i D x u) v.
Proof.
  unfold batch_hess, vmean_of; rewrite inner_scale, inner_scale_r, !map_length; f_equal.
  induction D as [| z D IH]; simpl; [now rewrite inner_zero_r, inner_zero_l |].
  now rewrite inner_add, inner_add_r, IH, S.
Qed.
End Linear.

(** ** Means over a batch *)

Section Batch.
Context {M : model}.
Variables (n : nat) (i : task M).
Hypothesis n_pos : (1 <= n)%nat.

Lemma INR_pos : 0 < INR n.
Proof. now apply lt_0_INR. Qed.

(** A mean over n draws of a vector has its mean as mean, and 1/n of its variance. *)
Lemma VE_batch (x : sample M -> M) : VE (batches n i) (fun D => vmean_of (map x D)) = VE (samples i) x.
Proof.
  apply vector_ext; intros z; rewrite !inner_VE.
  unfold batches, vmean_of; rewrite (E_draws_ext _ _ _ (fun D => / INR n * total (map (fun a => inner z (x a)) D))).
  - rewrite E_scale, E_total; field. apply Rgt_not_eq, INR_pos.
  - intros l K; rewrite inner_scale_r, inner_vtotal, !map_map, map_length, K; reflexivity.
Qed.

Lemma E_batch_variance (x : sample M -> M) :
  E (batches n i) (fun D => norm (vmean_of (map x D) - VE (samples i) x)%V ^ 2)
  = E (samples i) (fun z => norm (x z - VE (samples i) x)%V ^ 2) / INR n.
Proof.
  set (m := VE (samples i) x). pose proof INR_pos as P.
  unfold batches. rewrite (E_draws_ext _ _ _ (fun D => (/ INR n) ^ 2 * norm (vtotal (map (fun z => x z - m)%V D)) ^ 2)).
  - rewrite E_scale, E_total_square.
    + field; lra.
    + rewrite VE_sub, VE_const; fold m; vec.
  - intros l K; unfold vmean_of; rewrite map_length, K.
    replace (/ INR n * vtotal (map x l) - m)%V with (/ INR n * vtotal (map (fun z => x z - m)%V l))%V.
    + rewrite norm_scale; [ring | now apply Rlt_le, Rinv_0_lt_compat].
    + assert (T : forall k : list (sample M),
        vtotal (map (fun z => x z - m)%V k) = (vtotal (map x k) - INR (length k) * m)%V).
      { induction k as [| z k IH]; [simpl; vec |]. simpl length; rewrite S_INR; simpl; rewrite IH; vec. }
      rewrite T, K. apply vector_ext; intros z.
      rewrite ?inner_sub_r, ?inner_scale_r, ?inner_sub_r, ?inner_scale_r; field; lra.
Qed.

(** E |x + r|^2 = |E x + r|^2 + E |x - E x|^2 *)
Lemma E_moment {A : Type} (d : law A) (x : A -> M) (r : M) :
  E d (fun a => norm (x a + r)%V ^ 2) = norm (VE d x + r)%V ^ 2 + E d (fun a => norm (x a - VE d x)%V ^ 2).
Proof.
  set (m := VE d x).
  rewrite (E_ext _ _ (fun a => norm (m + r)%V ^ 2 + norm (x a - m)%V ^ 2 + 2 * inner (m + r)%V (x a - m)%V)).
  - rewrite !E_add, E_const, E_scale, <- (inner_VE d), VE_sub, VE_const; fold m.
    rewrite inner_sub_r; ring.
  - intros a. replace (x a + r)%V with ((m + r) + (x a - m))%V by vec. rewrite norm_add_square; ring.
Qed.
End Batch.

(** ** The mean-value theorem along a line *)

(** A polynomial by its coefficients, and its integral from 0 to t *)
Fixpoint polynomial (cs : list R) (t : R) : R :=
  match cs with
  | nil => 0
  | cons c cs => c + t * polynomial cs t
  end.

Fixpoint integral_from (k : nat) (cs : list R) (t : R) : R :=
  match cs with
  | nil => 0
  | cons c cs => c / INR (S k) * t ^ S k + integral_from (S k) cs t
  end.
Definition integral (cs : list R) : R := integral_from 0 cs 1.

Lemma integral_derivative k cs t :
  derivable_pt_lim (integral_from k cs) t (t ^ k * polynomial cs t).
Proof.
  revert k; induction cs as [| c cs IH]; intros k; simpl integral_from.
  - replace (t ^ k * polynomial nil t) with 0 by (simpl; ring). apply derivable_pt_lim_const.
  - replace (t ^ k * polynomial (cons c cs) t)
      with (c / INR (S k) * (INR (S k) * t ^ pred (S k)) + t ^ S k * polynomial cs t).
    + apply derivable_pt_lim_plus; [| apply IH].
      apply derivable_pt_lim_scal. apply (derivable_pt_lim_pow t (S k)).
    + simpl pred. change (polynomial (cons c cs) t) with (c + t * polynomial cs t).
      replace (t ^ S k) with (t * t ^ k) by reflexivity.
      field. apply not_0_INR. discriminate.
Qed.

Lemma slope_derivative c t : derivable_pt_lim (fun s => s * c) t c.
Proof.
  intros eps He; exists (mkposreal 1 Rlt_0_1); intros s Hs _.
  replace (((t + s) * c - t * c) / s - c) with 0 by now field. now rewrite Rabs_R0.
Qed.

Section Lines.
Context {M : model}.
Hypothesis D : differentiable (M := M).
Implicit Types (i : task M) (x h u : M).

Lemma line_derivative i x h u t :
  derivable_pt_lim (fun s => inner u (grad i (x + s * h)%V)) t (inner u (hess i (x + t * h)%V h)).
Proof.
  intros eps He. destruct (D i (x + t * h)%V h u eps He) as [delta K]; exists delta; intros s Hs Hd.
  specialize (K s Hs Hd); simpl in *.
  replace (x + t * h + (0 + s) * h)%V with (x + (t + s) * h)%V in K by vec.
  now replace (x + t * h + 0 * h)%V with (x + t * h)%V in K by vec.
Qed.

Lemma inner_norm_le (V : space) (r : V) b : 0 <= b -> inner r r <= norm r * b -> norm r <= b.
Proof.
  intros Hb H; rewrite <- norm_square in H; pose proof (norm_nonneg r).
  destruct (Req_dec (norm r) 0); [lra | nra].
Qed.

Lemma hess_norm_le L (S : smooth (M := M) L) (HL : 0 <= L) i x v : norm (hess i x v) <= L * norm v.
Proof.
  set (r := hess i x v).
  apply inner_norm_le; [apply Rmult_le_pos; [assumption | apply norm_nonneg] |].
  apply Rnot_lt_le; intros K.
  set (gap := inner r r - norm r * (L * norm v)) in *.
  assert (G : 0 < gap) by (unfold gap; lra).
  destruct (D i x v r gap G) as [delta Q].
  pose (s := delta / 2). assert (Hs : 0 < s) by (unfold s; pose proof (cond_pos delta); lra).
  specialize (Q s). assert (Hne : s <> 0) by lra.
  assert (Hd : Rabs s < delta) by (rewrite Rabs_right; unfold s; pose proof (cond_pos delta); lra).
  specialize (Q Hne Hd). simpl in Q.
  replace (x + 0 * v)%V with x in Q by vec.
  replace (x + (0 + s) * v)%V with (x + s * v)%V in Q by vec.
  fold r in Q.
  assert (B : (inner r (grad i (x + s * v)%V) - inner r (grad i x)) / s <= norm r * (L * norm v)).
  { rewrite <- inner_sub_r. apply Rmult_le_reg_r with s; [assumption |].
    replace (inner r (grad i (x + s * v) - grad i x)%V / s * s)
      with (inner r (grad i (x + s * v) - grad i x)%V) by (field; lra).
    eapply Rle_trans; [apply cauchy_schwarz |].
    pose proof (S i (x + s * v)%V x) as B.
    replace (x + s * v - x)%V with (s * v)%V in B by vec. rewrite norm_scale in B by lra.
    pose proof (norm_nonneg r). nra. }
  assert (A := Rle_abs (- ((inner r (grad i (x + s * v)%V) - inner r (grad i x)) / s - inner r r))).
  rewrite Rabs_Ropp in A. unfold gap in Q. lra.
Qed.

(** |grad f(x + h) - grad f(x) - H(x) h| is at most the integral of what bounds |(H(x + t h) - H(x)) h| *)
Lemma line_bound i x h (cs : list R) :
  (forall t : nonnegreal, norm (hess i (x + t * h)%V h - hess i x h)%V <= polynomial cs t) ->
  norm (grad i (x + h)%V - grad i x - hess i x h)%V <= integral cs.
Proof.
  intros B. set (r := (grad i (x + h)%V - grad i x - hess i x h)%V).
  pose (phi := fun t => inner r (grad i (x + t * h)%V) - t * inner r (hess i x h) - norm r * integral_from 0 cs t).
  assert (DP : forall t, derivable_pt_lim phi t
    (inner r (hess i (x + t * h)%V h) - inner r (hess i x h) - norm r * polynomial cs t)).
  { intros t. apply derivable_pt_lim_minus; [apply derivable_pt_lim_minus |].
    - apply line_derivative.
    - apply slope_derivative.
    - replace (polynomial cs t) with (t ^ 0 * polynomial cs t) by (simpl; ring).
      apply derivable_pt_lim_scal, integral_derivative. }
  assert (N : forall t, 0 <= t ->
    inner r (hess i (x + t * h)%V h) - inner r (hess i x h) - norm r * polynomial cs t <= 0).
  { intros t Ht. rewrite <- inner_sub_r.
    pose proof (cauchy_schwarz r (hess i (x + t * h)%V h - hess i x h)%V).
    pose proof (B (mknonnegreal t Ht)) as Bt; simpl in Bt. pose proof (norm_nonneg r). nra. }
  assert (P : phi 1 <= phi 0).
  { destruct (MVT_cor2 phi (fun t => inner r (hess i (x + t * h)%V h) - inner r (hess i x h)
                                     - norm r * polynomial cs t) 0 1) as [c [Hc1 Hc2]].
    - lra.
    - intros; apply DP.
    - specialize (N c); lra. }
  assert (I0 : 0 <= integral cs).
  { unfold integral. pose proof (integral_derivative 0 cs) as ID.
    destruct (MVT_cor2 (integral_from 0 cs) (fun t => t ^ 0 * polynomial cs t) 0 1) as [c [Hc1 Hc2]].
    - lra.
    - intros; apply ID.
    - assert (Z : forall k, integral_from k cs 0 = 0).
      { clear. induction cs as [| a cs IH]; intros k; simpl; [reflexivity | rewrite IH; ring]. }
      rewrite Z in Hc1.
      assert (Hc : 0 <= c) by lra. pose proof (B (mknonnegreal c Hc)) as Bc; simpl in Bc.
      pose proof (norm_nonneg (hess i (x + c * h)%V h - hess i x h)%V). simpl in Hc1. lra. }
  apply inner_norm_le; [assumption |].
  unfold phi in P. replace (x + 1 * h)%V with (x + h)%V in P by vec. replace (x + 0 * h)%V with x in P by vec.
  assert (Z : forall k, integral_from k cs 0 = 0).
  { clear. induction cs as [| a cs IH]; intros k; simpl; [reflexivity | rewrite IH; ring]. }
  rewrite Z in P. fold (integral cs) in P.
  unfold r at 2. rewrite !inner_sub_r. lra.
Qed.
End Lines.
