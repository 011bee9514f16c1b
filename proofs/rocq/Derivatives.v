(** * Derivatives: the formulas of meta-gradients are gradients

    [Model] gives the meta-gradients as formulas. Here it is proved that they are the gradients of the objectives. The
    space may be of any dimension, so the derivatives are Frechet's. The definitions come first, and they are all that
    has to be read besides the statements of the theorems at the end. *)

From Coq Require Import Reals Lra List.
From MamlCheck Require Import Base Model Rules.
Open Scope R_scope.

(** A map is bounded if it lengthens no vector by more than some factor. *)
Definition bounded {V : space} (A : V -> V) : Prop :=
  exists c, 0 <= c /\ forall h, norm (A h) <= c * norm h.

(** The vector g is the gradient of phi at x: phi(x + h) is phi(x) + <g, h>, up to an error that is small beside |h|. *)
Definition gradient_at {V : space} (phi : V -> R) (x g : V) : Prop :=
  forall eps, 0 < eps -> exists delta, 0 < delta /\
  forall h, norm h < delta -> Rabs (phi (x + h)%V - phi x - inner g h) <= eps * norm h.

(** The map A is the derivative of G at x: it is linear and bounded, and G(x + h) is G(x) + A h, up to an error that is
    small beside |h|. *)
Definition derivative_at {V : space} (G : V -> V) (x : V) (A : V -> V) : Prop :=
  linear A /\ bounded A /\
  forall eps, 0 < eps -> exists delta, 0 < delta /\
  forall h, norm h < delta -> norm (G (x + h) - G x - A h)%V <= eps * norm h.

Section Assumptions.
Context {M : model}.

(** At each point every f_i has grad f_i as its gradient. *)
Definition losses_differentiable : Prop := forall (i : task M) (x : M), gradient_at (f i) x (grad i x).

(** At each point every grad f_i has the Hessian of f_i as its derivative. *)
Definition gradients_differentiable : Prop := forall (i : task M) (x : M), derivative_at (grad i) x (hess i x).

(** At each point the loss of every sample has the sample's gradient as its gradient. *)
Definition sample_losses_differentiable : Prop := forall (i : task M) (z : sample M) (x : M),
  gradient_at (loss i z) x (sample_gradient i z x).

(** At each point the gradient of every sample has the sample's Hessian as its derivative. *)
Definition sample_gradients_differentiable : Prop := forall (i : task M) (z : sample M) (x : M),
  derivative_at (sample_gradient i z) x (sample_hessian i z x).
End Assumptions.

(** * Proved of these *)

Section Vectors.
Context {V : space}.
Implicit Types u v x h g : V.

(** A multiple of a vector is longer by the factor's absolute value. *)
Lemma norm_multiple_abs c v : norm (c * v)%V = Rabs c * norm v.
Proof.
  unfold Rabs; destruct (Rcase_abs c) as [H | H].
  - rewrite <- norm_scale by lra. rewrite <- norm_opp. f_equal; vec.
  - apply norm_scale; lra.
Qed.

(** The inequality of Cauchy and Schwarz holds of the absolute value too. *)
Lemma cauchy_schwarz_abs u v : Rabs (inner u v) <= norm u * norm v.
Proof.
  apply Rabs_le; split; [| apply cauchy_schwarz].
  pose proof (cauchy_schwarz (-1 * u)%V v) as K. rewrite inner_scale, norm_opp in K; lra.
Qed.

(** ** Gradients of sums, multiples and means *)

(** A constant has the gradient 0. *)
Lemma gradient_constant c x : gradient_at (fun _ => c) x zero.
Proof.
  intros eps He; exists 1; split; [lra |]; intros h _.
  rewrite inner_zero_l. replace (c - c - 0) with 0 by ring. rewrite Rabs_R0.
  apply Rmult_le_pos; [lra | apply norm_nonneg].
Qed.

(** The gradient of a sum is the sum of the gradients. *)
Lemma gradient_sum phi psi x g k :
  gradient_at phi x g -> gradient_at psi x k -> gradient_at (fun y => phi y + psi y) x (g + k)%V.
Proof.
  intros Hg Hk eps He.
  destruct (Hg (eps / 2)) as [d [Hd Kd]]; [lra |]. destruct (Hk (eps / 2)) as [e [Hpos Ke]]; [lra |].
  exists (Rmin d e); split; [now apply Rmin_glb_lt |]; intros h Hh.
  specialize (Kd h (Rlt_le_trans _ _ _ Hh (Rmin_l _ _))). specialize (Ke h (Rlt_le_trans _ _ _ Hh (Rmin_r _ _))).
  rewrite inner_add.
  replace (_ - _ - _) with ((phi (x + h)%V - phi x - inner g h) + (psi (x + h)%V - psi x - inner k h)) by ring.
  eapply Rle_trans; [apply Rabs_triang | lra].
Qed.

(** The gradient of a multiple is the multiple of the gradient. *)
Lemma gradient_multiple c phi x g : gradient_at phi x g -> gradient_at (fun y => c * phi y) x (c * g)%V.
Proof.
  intros H eps He. pose proof (Rabs_pos c) as Hc.
  destruct (H (eps / (Rabs c + 1))) as [d [Hd K]]; [apply Rdiv_lt_0_compat; lra |].
  exists d; split; [assumption |]; intros h Hh. specialize (K h Hh).
  rewrite inner_scale. replace (_ - _ - _) with (c * (phi (x + h)%V - phi x - inner g h)) by ring.
  rewrite Rabs_mult. pose proof (norm_nonneg h).
  apply Rle_trans with (Rabs c * (eps / (Rabs c + 1) * norm h)); [now apply Rmult_le_compat_l |].
  replace (eps * norm h) with ((Rabs c + 1) * (eps / (Rabs c + 1) * norm h)) by (field; lra).
  apply Rmult_le_compat_r; [| lra].
  apply Rmult_le_pos; [apply Rlt_le, Rdiv_lt_0_compat; lra | assumption].
Qed.

(** The gradient of a mean is the mean of the gradients. *)
Lemma gradient_mean {A : Type} (d : law A) (phi : A -> V -> R) (g : A -> V) x :
  (forall a, gradient_at (phi a) x (g a)) -> gradient_at (fun y => E d (fun a => phi a y)) x (VE d g).
Proof.
  intros H; unfold E, VE, sum_of, vsum_of; induction (weighted d) as [| [p a] l IH]; simpl.
  - apply gradient_constant.
  - apply gradient_sum; [| assumption]. apply gradient_multiple, H.
Qed.

(** ** Derivatives of sums, multiples and means *)

(** A constant has the derivative 0. *)
Lemma derivative_constant c x : derivative_at (fun _ => c) x (fun _ => zero).
Proof.
  split; [split; intros; vec |]. split.
  - exists 0; split; [lra |]; intros h. rewrite norm_zero; lra.
  - intros eps He; exists 1; split; [lra |]; intros h _.
    replace (c - c - zero)%V with (zero : V) by vec. rewrite norm_zero.
    apply Rmult_le_pos; [lra | apply norm_nonneg].
Qed.

(** The identity is its own derivative. *)
Lemma derivative_identity x : derivative_at (fun y => y) x (fun h => h).
Proof.
  split; [now split |]. split.
  - exists 1; split; [lra |]; intros h; lra.
  - intros eps He; exists 1; split; [lra |]; intros h _.
    replace (x + h - x - h)%V with (zero : V) by vec. rewrite norm_zero.
    apply Rmult_le_pos; [lra | apply norm_nonneg].
Qed.

(** The derivative of a sum is the sum of the derivatives. *)
Lemma derivative_sum G K x A B :
  derivative_at G x A -> derivative_at K x B -> derivative_at (fun y => G y + K y)%V x (fun h => A h + B h)%V.
Proof.
  intros [LA [[a [Ha BA]] HA]] [LB [[b [Hb BB]] HB]]. split; [| split].
  - destruct LA as [A1 A2], LB as [B1 B2]. split; intros; [rewrite A1, B1 | rewrite A2, B2]; vec.
  - exists (a + b); split; [lra |]; intros h.
    eapply Rle_trans; [apply norm_triangle |]. specialize (BA h); specialize (BB h); lra.
  - intros eps He.
    destruct (HA (eps / 2)) as [d [Hd Kd]]; [lra |]. destruct (HB (eps / 2)) as [e [Hpos Ke]]; [lra |].
    exists (Rmin d e); split; [now apply Rmin_glb_lt |]; intros h Hh.
    specialize (Kd h (Rlt_le_trans _ _ _ Hh (Rmin_l _ _))). specialize (Ke h (Rlt_le_trans _ _ _ Hh (Rmin_r _ _))).
    replace (_ - _ - _)%V with ((G (x + h) - G x - A h) + (K (x + h) - K x - B h))%V by vec.
    eapply Rle_trans; [apply norm_triangle | lra].
Qed.

(** The derivative of a multiple is the multiple of the derivative. *)
Lemma derivative_multiple c G x A : derivative_at G x A -> derivative_at (fun y => c * G y)%V x (fun h => c * A h)%V.
Proof.
  intros [LA [[a [Ha BA]] HA]]. pose proof (Rabs_pos c) as Hc. split; [| split].
  - destruct LA as [A1 A2]. split; intros; [rewrite A1 | rewrite A2]; vec.
  - exists (Rabs c * a); split; [now apply Rmult_le_pos |]; intros h.
    rewrite norm_multiple_abs, Rmult_assoc. now apply Rmult_le_compat_l.
  - intros eps He.
    destruct (HA (eps / (Rabs c + 1))) as [d [Hd K]]; [apply Rdiv_lt_0_compat; lra |].
    exists d; split; [assumption |]; intros h Hh. specialize (K h Hh). pose proof (norm_nonneg h).
    replace (_ - _ - _)%V with (c * (G (x + h) - G x - A h))%V by vec. rewrite norm_multiple_abs.
    apply Rle_trans with (Rabs c * (eps / (Rabs c + 1) * norm h)); [now apply Rmult_le_compat_l |].
    replace (eps * norm h) with ((Rabs c + 1) * (eps / (Rabs c + 1) * norm h)) by (field; lra).
    apply Rmult_le_compat_r; [| lra].
    apply Rmult_le_pos; [apply Rlt_le, Rdiv_lt_0_compat; lra | assumption].
Qed.

(** The derivative of a mean is the mean of the derivatives. *)
Lemma derivative_mean {A : Type} (d : law A) (G : A -> V -> V) (B : A -> V -> V) x :
  (forall a, derivative_at (G a) x (B a)) ->
  derivative_at (fun y => VE d (fun a => G a y)) x (fun h => VE d (fun a => B a h)).
Proof.
  intros H; unfold VE, vsum_of; induction (weighted d) as [| [p a] l IH]; simpl.
  - apply derivative_constant.
  - apply derivative_sum; [| assumption]. apply derivative_multiple, H.
Qed.

(** The derivative of a plain mean over a list is the plain mean of the derivatives. *)
Lemma derivative_list_mean {A : Type} (l : list A) (G : A -> V -> V) (B : A -> V -> V) x :
  (forall a, derivative_at (G a) x (B a)) ->
  derivative_at (fun y => vmean_of (map (fun a => G a y) l)) x (fun h => vmean_of (map (fun a => B a h) l)).
Proof.
  intros H; unfold vmean_of.
  assert (T : derivative_at (fun y => vtotal (map (fun a => G a y) l)) x (fun h => vtotal (map (fun a => B a h) l))).
  { induction l as [| a l IH]; simpl; [apply derivative_constant | now apply derivative_sum]. }
  apply (derivative_multiple (/ INR (length l))) in T.
  destruct T as [[T1 T2] [[c [Hc T3]] T4]]. split; [| split].
  - split; intros; rewrite !map_length; [apply T1 | apply T2].
  - exists c; split; [assumption |]; intros h. rewrite map_length; apply T3.
  - intros eps He. destruct (T4 eps He) as [delta [Hd K]]. exists delta; split; [assumption |]; intros h Hh.
    rewrite !map_length. now apply K.
Qed.

(** The derivative of a step of gradient descent is the identity less the multiple of the gradient's derivative. *)
Lemma derivative_step alpha G x A :
  derivative_at G x A -> derivative_at (fun y => y - alpha * G y)%V x (fun h => h - alpha * A h)%V.
Proof.
  intros H. apply derivative_sum; [apply derivative_identity |].
  now apply derivative_multiple, derivative_multiple.
Qed.

(** ** The chain rule *)

(** Near a point where G has a derivative, it moves by at most a fixed multiple of the step. *)
Lemma derivative_moves G x A : derivative_at G x A ->
  exists c delta, 0 < c /\ 0 < delta /\ forall h, norm h < delta -> norm (G (x + h) - G x)%V <= c * norm h.
Proof.
  intros [_ [[a [Ha B]] H]]. destruct (H 1) as [delta [Hd K]]; [lra |].
  exists (a + 1), delta; split; [lra |]; split; [assumption |]; intros h Hh.
  specialize (K h Hh); specialize (B h).
  replace (G (x + h) - G x)%V with ((G (x + h) - G x - A h) + A h)%V by vec.
  eapply Rle_trans; [apply norm_triangle | lra].
Qed.

(** If phi has the gradient g at G(x), and G the derivative A at x, then phi(G(x)) has the gradient A* g at x, where A*
    is the adjoint of A. *)
Lemma gradient_chain phi G x A g k :
  gradient_at phi (G x) g -> derivative_at G x A -> (forall h, inner g (A h) = inner k h) ->
  gradient_at (fun y => phi (G y)) x k.
Proof.
  intros Hg HG Hk eps He.
  destruct (derivative_moves _ _ _ HG) as [c [d1 [Hc [Hd1 K1]]]].
  destruct HG as [_ [_ HG]]. pose proof (norm_nonneg g) as Hn.
  destruct (HG (eps / (2 * (norm g + 1)))) as [d2 [Hd2 K2]]; [apply Rdiv_lt_0_compat; lra |].
  destruct (Hg (eps / (2 * c))) as [d3 [Hd3 K3]]; [apply Rdiv_lt_0_compat; lra |].
  exists (Rmin (Rmin d1 d2) (d3 / c)); split.
  { repeat apply Rmin_glb_lt; try assumption. now apply Rdiv_lt_0_compat. }
  intros h Hh. pose proof (norm_nonneg h) as Hh0.
  assert (H12 := Rlt_le_trans _ _ _ Hh (Rmin_l _ _)). assert (H3 := Rlt_le_trans _ _ _ Hh (Rmin_r _ _)).
  specialize (K1 h (Rlt_le_trans _ _ _ H12 (Rmin_l _ _))). specialize (K2 h (Rlt_le_trans _ _ _ H12 (Rmin_r _ _))).
  set (m := (G (x + h) - G x)%V) in *.
  assert (Hm : norm m < d3).
  { apply Rle_lt_trans with (c * norm h); [assumption |].
    replace d3 with (c * (d3 / c)) by (field; lra). now apply Rmult_lt_compat_l. }
  specialize (K3 m Hm). replace (G x + m)%V with (G (x + h)%V) in K3 by (unfold m; vec).
  rewrite <- Hk.
  replace (_ - _ - _) with ((phi (G (x + h)%V) - phi (G x) - inner g m) + inner g (m - A h)%V)
    by (rewrite inner_sub_r; ring).
  eapply Rle_trans; [apply Rabs_triang |].
  replace (eps * norm h) with (eps / (2 * c) * (c * norm h) + (norm g + 1) * (eps / (2 * (norm g + 1)) * norm h))
    by (field; lra).
  apply Rplus_le_compat.
  - eapply Rle_trans; [apply K3 |]. apply Rmult_le_compat_l; [apply Rlt_le, Rdiv_lt_0_compat; lra | assumption].
  - eapply Rle_trans; [apply cauchy_schwarz_abs |].
    apply Rmult_le_compat; [assumption | apply norm_nonneg | lra | assumption].
Qed.

(** The derivative of a composition is the composition of the derivatives. *)
Lemma derivative_chain G K x A B :
  derivative_at G x A -> derivative_at K (G x) B -> derivative_at (fun y => K (G y)) x (fun h => B (A h)).
Proof.
  intros HG [LB [[b [Hb BB]] HB]].
  destruct (derivative_moves _ _ _ HG) as [c [d1 [Hc [Hd1 K1]]]].
  destruct HG as [LA [[a [Ha BA]] HA]]. split; [| split].
  - destruct LA as [A1 A2], LB as [B1 B2]. split; intros; [now rewrite A1, B1 | now rewrite A2, B2].
  - exists (b * a); split; [now apply Rmult_le_pos |]; intros h.
    eapply Rle_trans; [apply BB |]. rewrite Rmult_assoc. now apply Rmult_le_compat_l.
  - intros eps He.
    destruct (HA (eps / (2 * (b + 1)))) as [d2 [Hd2 K2]]; [apply Rdiv_lt_0_compat; lra |].
    destruct (HB (eps / (2 * c))) as [d3 [Hd3 K3]]; [apply Rdiv_lt_0_compat; lra |].
    exists (Rmin (Rmin d1 d2) (d3 / c)); split.
    { repeat apply Rmin_glb_lt; try assumption. now apply Rdiv_lt_0_compat. }
    intros h Hh. pose proof (norm_nonneg h) as Hh0.
    assert (H12 := Rlt_le_trans _ _ _ Hh (Rmin_l _ _)). assert (H3 := Rlt_le_trans _ _ _ Hh (Rmin_r _ _)).
    specialize (K1 h (Rlt_le_trans _ _ _ H12 (Rmin_l _ _))). specialize (K2 h (Rlt_le_trans _ _ _ H12 (Rmin_r _ _))).
    set (m := (G (x + h) - G x)%V) in *.
    assert (Hm : norm m < d3).
    { apply Rle_lt_trans with (c * norm h); [assumption |].
      replace d3 with (c * (d3 / c)) by (field; lra). now apply Rmult_lt_compat_l. }
    specialize (K3 m Hm). replace (G x + m)%V with (G (x + h)%V) in K3 by (unfold m; vec).
    replace (_ - _ - _)%V with ((K (G (x + h)) - K (G x) - B m) + B (m - A h))%V
      by (rewrite (linear_sub B LB); vec).
    eapply Rle_trans; [apply norm_triangle |].
    replace (eps * norm h) with (eps / (2 * c) * (c * norm h) + (b + 1) * (eps / (2 * (b + 1)) * norm h))
      by (field; lra).
    apply Rplus_le_compat.
    + eapply Rle_trans; [apply K3 |]. apply Rmult_le_compat_l; [apply Rlt_le, Rdiv_lt_0_compat; lra | assumption].
    + eapply Rle_trans; [apply BB |].
      apply Rmult_le_compat; [assumption | apply norm_nonneg | lra | assumption].
Qed.

(** A map that has a derivative has the same derivative along each line. *)
Lemma derivative_on_line G x A h u : derivative_at G x A ->
  derivable_pt_lim (fun t => inner u (G (x + t * h)%V)) 0 (inner u (A h)).
Proof.
  intros [LA [_ H]] eps He. pose proof (norm_nonneg h) as Hh. pose proof (norm_nonneg u) as Hu.
  assert (P : 0 < (norm u + 1) * (norm h + 1)) by (apply Rmult_lt_0_compat; lra).
  destruct (H (eps / ((norm u + 1) * (norm h + 1)))) as [d [Hd K]]; [now apply Rdiv_lt_0_compat |].
  assert (Hd' : 0 < d / (norm h + 1)) by (apply Rdiv_lt_0_compat; lra).
  exists (mkposreal _ Hd'); intros t Ht Htd; simpl in Htd. pose proof (Rabs_pos_lt t Ht) as Hpos.
  replace (x + (0 + t) * h)%V with (x + t * h)%V by vec. replace (x + 0 * h)%V with x by vec.
  specialize (K (t * h)%V). rewrite norm_multiple_abs, (linear_scale A LA) in K.
  assert (Hs : Rabs t * norm h < d).
  { replace d with (d / (norm h + 1) * (norm h + 1)) by (field; lra).
    apply Rle_lt_trans with (Rabs t * (norm h + 1)); [apply Rmult_le_compat_l; lra |].
    apply Rmult_lt_compat_r; lra. }
  specialize (K Hs).
  replace (_ - _) with (/ t * inner u (G (x + t * h) - G x - t * A h)%V)
    by (rewrite !inner_sub_r, inner_scale_r; field; assumption).
  rewrite Rabs_mult, Rabs_inv.
  apply Rmult_lt_reg_l with (Rabs t); [assumption |].
  rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra.
  eapply Rle_lt_trans; [apply cauchy_schwarz_abs |].
  eapply Rle_lt_trans; [apply Rmult_le_compat_l; [assumption | exact K] |].
  set (e := eps / ((norm u + 1) * (norm h + 1))) in *.
  replace eps with (e * ((norm u + 1) * (norm h + 1))) by (unfold e; field; lra).
  assert (E0 : 0 < e) by now apply Rdiv_lt_0_compat.
  replace (norm u * (e * (Rabs t * norm h))) with (Rabs t * e * (norm u * norm h)) by ring.
  replace (Rabs t * (e * ((norm u + 1) * (norm h + 1)))) with (Rabs t * e * ((norm u + 1) * (norm h + 1))) by ring.
  apply Rmult_lt_compat_l; [now apply Rmult_lt_0_compat | nra].
Qed.
End Vectors.

(** ** Meta-gradients *)

Section Model.
Context {M : model}.
Implicit Types (i : task M) (D : list (sample M)) (w x v h : M).

(** If the losses of samples have gradients, so have the f_i, which are their means. *)
Theorem samples_give_losses : sample_losses_differentiable (M := M) -> losses_differentiable (M := M).
Proof. intros H i x. apply (gradient_mean (samples i) (loss i)). intros z; apply H. Qed.

(** If the gradients of samples have derivatives, so have the gradients of the f_i, which are their means. *)
Theorem samples_give_gradients : sample_gradients_differentiable (M := M) -> gradients_differentiable (M := M).
Proof. intros H i x. apply (derivative_mean (samples i) (sample_gradient i)). intros z; apply H. Qed.

(** If the gradients of samples have derivatives, so has the gradient on a batch. *)
Lemma batch_gradient_derivative : sample_gradients_differentiable (M := M) ->
  forall i D x, derivative_at (batch_grad i D) x (batch_hess i D x).
Proof. intros H i D x. apply (derivative_list_mean D (sample_gradient i)). intros z; apply H. Qed.

(** The meta-gradient is the gradient of the objective F(w) = E_i f_i(w - alpha grad f_i(w)). *)
Theorem objective_derivative :
  losses_differentiable (M := M) -> gradients_differentiable (M := M) -> symmetric (M := M) ->
  forall alpha w, gradient_at (objective alpha) w (meta_gradient alpha w).
Proof.
  intros HL HG S alpha w.
  apply (gradient_mean tasks (fun i y => f i (y - alpha * grad i y)%V)); intros i; cbv zeta.
  apply gradient_chain with (1 := HL i _) (2 := derivative_step alpha _ _ _ (HG i w)); intros h.
  self_adjoint.
Qed.

(** The meta-gradient with one batch of n samples for the inner step is the gradient of the objective with such a batch,
    F^(w) = E_i E_D f_i(w - alpha grad f_i(w, D)). This holds for each n. *)
Theorem batch_objective_derivative :
  losses_differentiable (M := M) -> sample_gradients_differentiable (M := M) -> symmetric (M := M) ->
  forall n alpha w, gradient_at (batch_objective n alpha) w (batch_meta_gradient n alpha w).
Proof.
  intros HL HG S n alpha w.
  apply (gradient_mean tasks (fun i y => E (batches n i) (fun D => f i (y - alpha * batch_grad i D y)%V))); intros i.
  apply (gradient_mean (batches n i) (fun D y => f i (y - alpha * batch_grad i D y)%V)); intros D; cbv zeta.
  apply gradient_chain with (1 := HL i _) (2 := derivative_step alpha _ _ _ (batch_gradient_derivative HG i D w)).
  intros h. self_adjoint.
Qed.

(** The meta-gradient of N inner steps is the gradient of the objective of N inner steps. *)
Theorem objective_steps_derivative :
  losses_differentiable (M := M) -> gradients_differentiable (M := M) -> symmetric (M := M) ->
  forall alpha N w, gradient_at (objective_steps alpha N) w (meta_gradient_steps alpha N w).
Proof.
  intros HL HG S alpha N w.
  assert (P : forall i, exists A, derivative_at (inner_point alpha N i) w A /\
    forall v h, inner v (A h) = inner (pulled_back alpha N i w v) h).
  { intros i; induction N as [| k [A [HA K]]].
    - exists (fun h => h); split; [apply derivative_identity | reflexivity].
    - exists (fun h => A h - alpha * hess i (inner_point alpha k i w) (A h))%V; split.
      + apply (derivative_chain _ (fun y => y - alpha * grad i y)%V w A
                 (fun h => h - alpha * hess i (inner_point alpha k i w) h)%V HA).
        apply derivative_step, HG.
      + intros v h; simpl. rewrite <- K. self_adjoint. }
  apply (gradient_mean tasks (fun i y => f i (inner_point alpha N i y))); intros i.
  destruct (P i) as [A [HA K]]. apply gradient_chain with (1 := HL i _) (2 := HA). intros h; apply K.
Qed.

(** If the gradients have derivatives, then they have them along each line, as [differentiable] says. *)
Theorem derivative_along_lines : gradients_differentiable (M := M) -> differentiable (M := M).
Proof. intros H i x h u. apply derivative_on_line, H. Qed.

(** If the gradients of samples have derivatives, then they have them along each line too. *)
Theorem sample_derivative_along_lines : sample_gradients_differentiable (M := M) ->
  forall i z x h u,
  derivable_pt_lim (fun t => inner u (sample_gradient i z (x + t * h)%V)) 0 (inner u (sample_hessian i z x h)).
Proof. intros H i z x h u. apply derivative_on_line, H. Qed.

(** What has a gradient has it along each line. *)
Lemma gradient_on_line (phi : M -> R) x g h : gradient_at phi x g ->
  derivable_pt_lim (fun t => phi (x + t * h)%V) 0 (inner g h).
Proof.
  intros G eps He. pose proof (norm_nonneg h) as N. set (n := norm h + 1). assert (Hn : 0 < n) by (unfold n; lra).
  destruct (G (eps / (2 * n))) as [d [Hd K]]; [apply Rdiv_lt_0_compat; lra |].
  assert (Q : 0 < d / n) by now apply Rdiv_lt_0_compat.
  exists (mkposreal (d / n) Q); intros s Hs Hsd; simpl in Hsd.
  assert (S1 : norm (s * h)%V = Rabs s * norm h) by apply norm_multiple_abs.
  assert (S2 : 0 < Rabs s) by now apply Rabs_pos_lt.
  assert (S3 : norm (s * h)%V < d).
  { rewrite S1. apply Rle_lt_trans with (Rabs s * n); [apply Rmult_le_compat_l; unfold n; lra |].
    apply Rmult_lt_reg_r with (/ n); [now apply Rinv_0_lt_compat |].
    rewrite Rmult_assoc, Rinv_r, Rmult_1_r by lra. exact Hsd. }
  specialize (K _ S3).
  replace (x + (0 + s) * h)%V with (x + s * h)%V by vec. replace (x + 0 * h)%V with x by vec.
  replace ((phi (x + s * h)%V - phi x) / s - inner g h) with ((phi (x + s * h)%V - phi x - inner g (s * h)%V) * / s)
    by (rewrite inner_scale_r; field; assumption).
  rewrite Rabs_mult, Rabs_inv. apply Rmult_lt_reg_r with (Rabs s); [assumption |].
  rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra. eapply Rle_lt_trans; [exact K |]. rewrite S1.
  apply Rle_lt_trans with (eps / (2 * n) * (Rabs s * n)).
  - apply Rmult_le_compat_l; [apply Rlt_le, Rdiv_lt_0_compat; lra |]. apply Rmult_le_compat_l; unfold n; lra.
  - replace (eps / (2 * n) * (Rabs s * n)) with (eps / 2 * Rabs s) by (field; lra).
    apply Rmult_lt_compat_r; lra.
Qed.

(** The assumption of the theorems on whole runs holds where losses and gradients have derivatives. *)
Theorem objective_along_lines :
  losses_differentiable (M := M) -> gradients_differentiable (M := M) -> symmetric (M := M) ->
  forall alpha, objective_lines (M := M) alpha.
Proof. intros HL HG S alpha x h. now apply gradient_on_line, objective_derivative. Qed.
End Model.
