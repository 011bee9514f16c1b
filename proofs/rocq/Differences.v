(** * Differences: HF-MAML's differences of gradients, and what the kernel's axioms say of them

    HF-MAML uses no Hessian. In place of H_i(x) v it takes a difference of two gradients, equation (9) of the paper:
    d = (grad f_i(x + delta v) - grad f_i(x - delta v)) / (2 delta), with delta = eta / (rho alpha |v|). The definitions
    are in [Model]. The theorems have the form that is described at the head of [Theorems]. Nothing here has to be
    trusted. *)

From Coq Require Import Reals Lra List.
From MamlCheck Require Import Base Model Rules.
Open Scope R_scope.

(** ** The step width and the difference *)

(** The step width is positive. *)
Lemma step_width_pos {V : space} eta rho alpha (Heta : 0 < eta) (Hrho : 0 <= rho) (Halpha : 0 <= alpha) (v : V) :
  0 < step_width eta rho alpha v.
Proof.
  unfold step_width; destruct (Req_EM_T (rho * alpha * norm v) 0) as [Z | Z]; [lra |].
  apply Rdiv_lt_0_compat; [assumption |].
  assert (0 <= rho * alpha * norm v) by nonneg. lra.
Qed.

(** With this width the error rho delta |v|^2 / 2, times alpha, is at most eta |v| / 2. *)
Lemma step_width_error {V : space} eta rho alpha (Heta : 0 < eta) (v : V) :
  alpha * (rho * step_width eta rho alpha v * norm v ^ 2 / 2) <= eta / 2 * norm v.
Proof.
  unfold step_width; destruct (Req_EM_T (rho * alpha * norm v) 0) as [Z | Z].
  - replace (alpha * (rho * 1 * norm v ^ 2 / 2)) with (rho * alpha * norm v * (norm v / 2)) by field.
    rewrite Z, Rmult_0_l. apply Rmult_le_pos; [lra | apply norm_nonneg].
  - right. field. repeat split; intros K; apply Z; rewrite K; ring.
Qed.

(** A difference along 0 is 0. *)
Lemma difference_along_zero {V : space} (g : V -> V) delta x : difference_along g delta x zero = zero.
Proof. unfold difference_along. replace (x - delta * zero)%V with (x + delta * zero)%V by vec. vec. Qed.

Lemma difference_zero {M : model} eta rho alpha (i : task M) (x : M) : difference eta rho alpha i x zero = zero.
Proof. apply difference_along_zero. Qed.

Lemma batch_difference_zero {M : model} eta rho alpha (i : task M) D (x : M) :
  batch_difference eta rho alpha i D x zero = zero.
Proof. apply difference_along_zero. Qed.

(** A difference is linear in the map: that of a mean is the mean of the differences. *)
Lemma difference_along_VE {A : Type} {V : space} (d : law A) (g : A -> V -> V) delta x v :
  difference_along (fun y => VE d (fun a => g a y)) delta x v = VE d (fun a => difference_along (g a) delta x v).
Proof. unfold difference_along. now rewrite VE_scale, VE_sub. Qed.

Lemma difference_along_vmean {A : Type} {V : space} (l : list A) (g : A -> V -> V) delta x v :
  difference_along (fun y => vmean_of (map (fun a => g a y) l)) delta x v
  = vmean_of (map (fun a => difference_along (g a) delta x v) l).
Proof.
  unfold difference_along, vmean_of. rewrite !map_length.
  assert (T : vtotal (map (fun a => / (2 * delta) * (g a (x + delta * v) - g a (x - delta * v))) l)%V
    = (/ (2 * delta)
       * (vtotal (map (fun a => g a (x + delta * v)) l) - vtotal (map (fun a => g a (x - delta * v)) l)))%V).
  { induction l as [| a l IH]; simpl; [vec | rewrite IH; vec]. }
  rewrite T; vec.
Qed.

(** ** Against the Hessian *)

Section Error.
Context {M : model}.
Implicit Types (i : task M) (x v h : M).

(** |grad f_i(x + h) - grad f_i(x) - H_i(x) h| <= rho |h|^2 / 2 *)
Lemma taylor_error (D : differentiable (M := M)) {rho} (H : hessian_lipschitz (M := M) rho) i x h :
  norm (grad i (x + h) - grad i x - hess i x h)%V <= rho * norm h ^ 2 / 2.
Proof.
  replace (rho * norm h ^ 2 / 2) with (integral (0 :: rho * norm h ^ 2 :: nil)) by (cbv [integral]; simpl; field).
  apply line_bound; [assumption |]. intros t. eapply Rle_trans; [apply H |].
  replace (x + t * h - x)%V with (t * h)%V by vec. rewrite norm_scale by apply cond_nonneg. right; simpl; ring.
Qed.

(** |H_i(x) v - d| <= rho delta |v|^2 / 2 for any delta > 0. *)
Lemma difference_along_error (D : differentiable (M := M)) {rho} (H : hessian_lipschitz (M := M) rho)
  delta (Hdelta : 0 < delta) i x v :
  norm (hess i x v - difference_along (grad i) delta x v)%V <= rho * delta * norm v ^ 2 / 2.
Proof.
  pose proof (taylor_error D H i x (delta * v)%V) as P. pose proof (taylor_error D H i x (- delta * v)%V) as Q.
  set (p := (grad i (x + delta * v) - grad i x - hess i x (delta * v))%V) in *.
  set (q := (grad i (x + - delta * v) - grad i x - hess i x (- delta * v))%V) in *.
  replace (hess i x v - difference_along (grad i) delta x v)%V with (/ (2 * delta) * (q + -1 * p))%V.
  - rewrite (norm_is delta (delta * v)%V v) in P; [| lra | vec].
    rewrite (norm_is_minus delta (- delta * v)%V v) in Q; [| lra | vec].
    rewrite norm_scale by nonneg. pose proof (norm_triangle q (-1 * p)%V) as T. rewrite norm_opp in T.
    apply Rmult_le_reg_l with (2 * delta); [lra |]. rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra.
    eapply Rle_trans; [exact T |]. lra.
  - unfold p, q, difference_along. replace (x - delta * v)%V with (x + - delta * v)%V by vec. lin.
Qed.
End Error.

(** The error of alpha d is at most eta / 2 of |v|. *)
Theorem difference_error {M : model} eta rho alpha (Heta : 0 < eta) (Hrho : 0 <= rho) (Halpha : 0 <= alpha)
  (D : differentiable (M := M)) (H : hessian_lipschitz (M := M) rho) (i : task M) (x v : M) a b :
  norm (hess i x v - difference eta rho alpha i x v)%V = a -> norm v = b -> alpha * a <= eta / 2 * b.
Proof.
  intros <- <-. eapply Rle_trans; [| now apply step_width_error].
  apply Rmult_le_compat_l; [assumption |]. apply difference_along_error; [assumption .. |]. now apply step_width_pos.
Qed.

(** The difference is no longer than L |v|, as H_i(x) v is. *)
Theorem difference_size {M : model} eta rho alpha (Heta : 0 < eta) (Hrho : 0 <= rho) (Halpha : 0 <= alpha)
  {L} (HL : 0 <= L) (S : smooth (M := M) L) (i : task M) (x v : M) a b :
  norm (difference eta rho alpha i x v) = a -> norm v = b -> a <= L * b.
Proof.
  intros <- <-. unfold difference, difference_along.
  pose proof (step_width_pos eta rho alpha Heta Hrho Halpha v) as P. set (delta := step_width eta rho alpha v) in *.
  rewrite norm_scale by nonneg. pose proof (S i (x + delta * v)%V (x - delta * v)%V) as K.
  rewrite (norm_is (2 * delta) (x + delta * v - (x - delta * v))%V v) in K; [| lra | vec].
  apply Rmult_le_reg_l with (2 * delta); [lra |]. rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra. lra.
Qed.

(** ** On a batch *)

Section Batch.
Context {M : model}.
Implicit Types (i : task M) (x v r : M).

(** The difference of the gradients of one sample. *)
Definition sample_difference (eta rho alpha : R) i x v (z : sample M) : M :=
  difference_along (sample_gradient i z) (step_width eta rho alpha v) x v.

Lemma difference_is_mean eta rho alpha i x v :
  difference eta rho alpha i x v = VE (samples i) (sample_difference eta rho alpha i x v).
Proof. apply difference_along_VE. Qed.

Lemma batch_difference_is_mean eta rho alpha i D x v :
  batch_difference eta rho alpha i D x v = vmean_of (map (sample_difference eta rho alpha i x v) D).
Proof. apply difference_along_vmean. Qed.

Lemma difference_batch_mean eta rho alpha n (n_pos : (1 <= n)%nat) i x v :
  VE (batches n i) (fun D => batch_difference eta rho alpha i D x v) = difference eta rho alpha i x v.
Proof.
  rewrite difference_is_mean, <- (VE_batch n i n_pos). apply VE_ext; intros D. apply batch_difference_is_mean.
Qed.
End Batch.

(** The mean of the difference on a batch is the difference of the gradients of f_i. *)
Theorem unbiased_difference {M : model} eta rho alpha n (n_pos : (1 <= n)%nat) (i : task M) (x v m : M) :
  VE (batches n i) (fun D => batch_difference eta rho alpha i D x v) = m -> m = difference eta rho alpha i x v.
Proof. intros <-; now apply difference_batch_mean. Qed.

(** The second moment of a fixed vector and a multiple of the difference on a batch. *)
Theorem difference_moment {M : model} eta rho alpha n (n_pos : (1 <= n)%nat) (i : task M) (x v : M) c (r : M)
  s a t noise b :
  (forall D, norm (r + c * batch_difference eta rho alpha i D x v)%V = s D) ->
  E (batches n i) (fun D => s D ^ 2) = a ->
  (forall D, norm (batch_difference eta rho alpha i D x v - difference eta rho alpha i x v)%V = t D) ->
  E (batches n i) (fun D => t D ^ 2) = noise ->
  norm (r + c * difference eta rho alpha i x v)%V = b ->
  a = b ^ 2 + c ^ 2 * noise.
Proof.
  intros Hs <- Ht <- <-.
  rewrite <- (E_ext _ (fun D => norm (c * batch_difference eta rho alpha i D x v + r)%V ^ 2) (fun D => s D ^ 2))
    by (intros; rewrite <- Hs; do 2 f_equal; apply add_comm).
  rewrite E_moment, VE_scale, difference_batch_mean by assumption.
  rewrite <- E_scale; f_equal; [do 2 f_equal; apply add_comm |].
  apply E_ext; intros D. rewrite <- Ht, !norm_square.
  replace (c * batch_difference eta rho alpha i D x v - c * difference eta rho alpha i x v)%V
    with (c * (batch_difference eta rho alpha i D x v - difference eta rho alpha i x v))%V by vec.
  rewrite inner_scale, inner_scale_r; ring.
Qed.

(** ** The variance on a batch *)

(** The derivative of a mean is the mean of the derivatives. *)
Lemma E_derivative {A : Type} (d : law A) (g g' : A -> R -> R) t :
  (forall a, derivable_pt_lim (g a) t (g' a t)) ->
  derivable_pt_lim (fun s => E d (fun a => g a s)) t (E d (fun a => g' a t)).
Proof.
  intros H. unfold E, sum_of. induction (weighted d) as [| [p a] l IH]; simpl.
  - apply derivable_pt_lim_const.
  - apply (derivable_pt_lim_plus (fun s => p * g a s)); [| assumption]. now apply derivable_pt_lim_scal.
Qed.

Section Variance.
Context {M : model}.
Implicit Types (i : task M) (z : sample M) (x v h u : M).

(** The derivative of a sample's gradient at any point of a line. *)
Lemma sample_line_derivative (SD : samples_differentiable (M := M)) i z x h u t :
  derivable_pt_lim (fun s => inner u (sample_gradient i z (x + s * h)%V)) t
    (inner u (sample_hessian i z (x + t * h)%V h)).
Proof.
  intros eps He. destruct (SD i z (x + t * h)%V h u eps He) as [delta K]; exists delta; intros s Hs Hd.
  specialize (K s Hs Hd).
  replace (x + t * h + (0 + s) * h)%V with (x + (t + s) * h)%V in K by vec.
  now replace (x + t * h + 0 * h)%V with (x + t * h)%V in K by vec.
Qed.

(** If the samples are differentiable, so are the f_i. *)
Lemma samples_differentiable_differentiable : samples_differentiable (M := M) -> differentiable (M := M).
Proof.
  intros SD i x h u eps He. unfold grad, hess. rewrite inner_VE.
  destruct (E_derivative (samples i) (fun z s => inner u (sample_gradient i z (x + s * h)%V))
    (fun z _ => inner u (sample_hessian i z x h)) 0 (fun z => SD i z x h u) eps He) as [delta K].
  exists delta; intros s Hs Hd. rewrite !inner_VE. now apply K.
Qed.

(** The variance of the Hessians of the samples along v is at most sigma^2 |v|^2 at every point. *)
Lemma hessian_noise_le {o} (O : bounds_hessian_noise (M := M) o)
  {sigma} (Hs : hessian_deviation_at_most o sigma) i x v :
  E (samples i) (fun z => norm (sample_hessian i z x v - hess i x v)%V ^ 2) <= sigma ^ 2 * norm v ^ 2.
Proof.
  apply Rle_trans with (E (samples i) (fun z => norm v ^ 2 * o i x z ^ 2)).
  - apply E_le; intros z. destruct (O i x z v) as [O1 O2].
    replace (norm v ^ 2 * o i x z ^ 2) with ((o i x z * norm v) ^ 2) by ring. apply squares; [nonneg | assumption].
  - rewrite E_scale, Rmult_comm. apply Rmult_le_compat_r; [nonneg |].
    rewrite <- (pow2_sqrt (E (samples i) (fun z => o i x z ^ 2))) by nonneg.
    apply squares; [nonneg | apply Hs].
Qed.

(** The variance of a difference among samples is at most that of their Hessians along v somewhere on the line. With
    y_z = d_z - d, of mean 0, let phi(s) = E_z <y_z, grad of z at x + s v>. Then phi(delta) - phi(-delta) =
    2 delta E_z |y_z|^2. It is 2 delta phi'(c) too for some c, and phi'(c) = E_z <y_z, (H_z - H_i)(x + c v) v>. *)
Lemma difference_along_variance (SD : samples_differentiable (M := M)) delta (Hdelta : 0 < delta) i x v :
  let d := fun z => difference_along (sample_gradient i z) delta x v in
  exists c, E (samples i) (fun z => norm (d z - VE (samples i) d)%V ^ 2)
    <= E (samples i) (fun z => norm (sample_hessian i z (x + c * v) v - hess i (x + c * v) v)%V ^ 2).
Proof.
  intros d. set (m := VE (samples i) d).
  set (y := fun z => (d z - m)%V).
  assert (Y : forall u, E (samples i) (fun z => inner (y z) u) = 0).
  { intros u. rewrite (E_ext _ _ (fun z => inner u (y z))) by (intros; apply inner_sym).
    unfold y. rewrite <- inner_VE, VE_sub, VE_const. fold m. rewrite inner_sub_r; ring. }
  pose (phi := fun s => E (samples i) (fun z => inner (y z) (sample_gradient i z (x + s * v)%V))).
  pose (phi' := fun s => E (samples i) (fun z => inner (y z) (sample_hessian i z (x + s * v)%V v))).
  destruct (MVT_cor2 phi phi' (- delta) delta) as [c [Hc _]]; [lra | |].
  { intros s _. apply (E_derivative (samples i) (fun z s => inner (y z) (sample_gradient i z (x + s * v)%V))
      (fun z s => inner (y z) (sample_hessian i z (x + s * v)%V v))).
    intros z. now apply sample_line_derivative. }
  exists c. set (p := (x + c * v)%V) in *.
  set (e := fun z => (sample_hessian i z p v - hess i p v)%V).
  set (S := E (samples i) (fun z => norm (y z) ^ 2)). set (T := E (samples i) (fun z => norm (e z) ^ 2)).
  change (S <= T).
  assert (Left : phi delta - phi (- delta) = 2 * delta * S).
  { unfold phi, S. rewrite <- E_sub, <- E_scale.
    rewrite (E_ext _ _ (fun z => 2 * delta * norm (y z) ^ 2 + 2 * delta * inner (y z) m)).
    - rewrite E_add, !E_scale, Y; ring.
    - intros z. rewrite norm_square, <- Rmult_plus_distr_l, <- inner_add_r, <- inner_sub_r.
      replace (y z + m)%V with (d z) by (unfold y; vec). unfold d, difference_along.
      replace (x + - delta * v)%V with (x - delta * v)%V by vec. rewrite inner_scale_r. field; lra. }
  assert (Right : phi' c <= E (samples i) (fun z => norm (y z) * norm (e z))).
  { unfold phi'. fold p.
    rewrite (E_ext _ _ (fun z => inner (y z) (e z) + inner (y z) (hess i p v)))
      by (intros; unfold e; rewrite inner_sub_r; ring).
    rewrite E_add, Y, Rplus_0_r. apply E_le; intros z; apply cauchy_schwarz. }
  assert (K : S <= E (samples i) (fun z => norm (y z) * norm (e z))) by nra.
  pose proof (E_cauchy_schwarz (samples i) (fun z => norm (y z)) (fun z => norm (e z))) as CS.
  cbv beta in CS. fold S T in CS.
  assert (0 <= S) by (unfold S; nonneg). assert (0 <= T) by (unfold T; nonneg).
  apply Rnot_lt_le; intros L. nra.
Qed.
End Variance.

(** The variance of the difference on a batch is at most sigma^2 |v|^2 / n, as that of H_i(x, D) v is. *)
Theorem difference_variance {M : model} eta rho alpha (Heta : 0 < eta) (Hrho : 0 <= rho) (Halpha : 0 <= alpha)
  {o} (O : bounds_hessian_noise (M := M) o) {sigma} (Hs : hessian_deviation_at_most o sigma)
  (SD : samples_differentiable (M := M)) n (n_pos : (1 <= n)%nat) (i : task M) (x v : M) t a b :
  (forall D, norm (batch_difference eta rho alpha i D x v - difference eta rho alpha i x v)%V = t D) ->
  E (batches n i) (fun D => t D ^ 2) = a -> norm v = b ->
  a <= sigma ^ 2 / sqrt (INR n) ^ 2 * b ^ 2.
Proof.
  intros Ht <- <-. rewrite <- INR_square.
  rewrite <- (E_ext _ (fun D => norm (vmean_of (map (sample_difference eta rho alpha i x v) D)
      - VE (samples i) (sample_difference eta rho alpha i x v))%V ^ 2))
    by (intros; now rewrite <- Ht, batch_difference_is_mean, difference_is_mean).
  rewrite E_batch_variance by assumption.
  destruct (difference_along_variance SD _ (step_width_pos eta rho alpha Heta Hrho Halpha v) i x v) as [c Hc].
  pose proof (hessian_noise_le O Hs i (x + c * v)%V v) as K.
  replace (sigma ^ 2 / INR n * norm v ^ 2) with (sigma ^ 2 * norm v ^ 2 / INR n) by (unfold Rdiv; ring).
  apply Rmult_le_compat_r; [nonneg | exact (Rle_trans _ _ _ Hc K)].
Qed.
