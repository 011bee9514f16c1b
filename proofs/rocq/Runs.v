(** * Runs: steps of an algorithm, whole runs, and what both are sure to gain

    The definitions come first. Then: the mean of F after a step is at most what the descent lemma says, and over a
    run the gains add up to no more than there is to gain. The theorems have the form that is described at the head of
    [Theorems]. Nothing but the definitions has to be trusted. *)

From Coq Require Import Reals Lra Lia List.
From MamlCheck Require Import Base Model Rules.
Open Scope R_scope.

(** One of 0, ..., T - 1, each with probability 1 / T *)
Definition equally_likely (T : nat) : list (R * nat) := map (fun k => (/ INR (S (pred T)), k)) (seq 0 (S (pred T))).

Lemma equally_likely_nonneg T p k : In (p, k) (equally_likely T) -> 0 <= p.
Proof.
  intros H; apply in_map_iff in H as [j [H _]]; assert (p = / INR (S (pred T))) as -> by congruence.
  apply Rlt_le, Rinv_0_lt_compat, lt_0_INR; lia.
Qed.

Lemma equally_likely_total T : total (map fst (equally_likely T)) = 1.
Proof.
  assert (K : forall c n s, total (map fst (map (fun k : nat => (c, k)) (seq s n))) = INR n * c).
  { intros c n; induction n as [| n IH]; intros s; [simpl; ring |].
    rewrite S_INR; simpl in *; rewrite IH; ring. }
  unfold equally_likely; rewrite K. apply Rinv_r, not_0_INR; lia.
Qed.

Definition uniform (T : nat) : law nat :=
  {| weighted := equally_likely T; weights_nonneg := equally_likely_nonneg T;
    weights_total := equally_likely_total T |}.

Section Runs.
Context {M : model}.

(** c is the factor of the step size; n_D_in, n_D_o and n_D_h are sizes of batches; a step draws n_step tasks, and
    for its size n_tasks tasks with n_D_beta samples each. G w i D_in D_o D_h is the direction of one task at w. *)
Variables (alpha L rho c : R) (n_D_in n_D_o n_D_h n_step n_tasks n_D_beta : nat).
Variable G : M -> task M -> list (sample M) -> list (sample M) -> list (sample M) -> M.

(** A task with its three batches, which are drawn independently *)
Definition one_task : law (task M * (list (sample M) * (list (sample M) * list (sample M)))) :=
  pair_law tasks (fun i => pair_law (batches n_D_in i) (fun _ => pair_law (batches n_D_o i)
    (fun _ => batches n_D_h i))).

Definition direction_of (w : M) (d : task M * (list (sample M) * (list (sample M) * list (sample M)))) : M :=
  G w (fst d) (fst (snd d)) (fst (snd (snd d))) (snd (snd (snd d))).

(** w+ = w - c beta~(w) times the plain mean of the directions that were drawn, beta~ = 1 / L~ *)
Definition step_to (w : M) (S : list (task M * list (sample M)))
  (ds : list (task M * (list (sample M) * (list (sample M) * list (sample M))))) : M :=
  (w - (c / estimated_bound alpha L rho w S) * vmean_of (map (direction_of w) ds))%V.

(** w+, all that it draws being independent *)
Definition next (w : M) : law M :=
  image (fun x => step_to w (fst x) (snd x))
    (pair_law (step_draws M n_tasks n_D_beta) (fun _ => draws n_step one_task)).

(** w_k after k steps from w_0, and w_K, K uniform on 0, ..., T - 1 *)
Fixpoint iterate (k : nat) (w_0 : M) : law M :=
  match k with
  | O => sure w_0
  | S k => image snd (pair_law (iterate k w_0) next)
  end.
Definition iterates (T : nat) (w_0 : M) : law M := image snd (pair_law (uniform T) (fun k => iterate k w_0)).

(** E F(w+) given w *)
Definition outcome (w : M) : R := E (next w) (objective alpha).

(** * Proved of these *)

Lemma E_iterate_S k w_0 (g : M -> R) : E (iterate (S k) w_0) g = E (iterate k w_0) (fun w => E (next w) g).
Proof. simpl; now rewrite E_image, E_pair. Qed.

Lemma E_uniform T (g : nat -> R) : E (uniform (S T)) g = / INR (S T) * total (map g (seq 0 (S T))).
Proof.
  unfold E, sum_of, uniform, equally_likely; cbn [weighted pred]. rewrite map_map; cbn [fst snd].
  rewrite <- total_scale, map_map. reflexivity.
Qed.

Lemma telescope (a : nat -> R) n s : total (map (fun k => a k - a (S k)) (seq s n)) = a s - a (s + n)%nat.
Proof.
  revert s; induction n as [| n IH]; intros s; simpl; [rewrite Nat.add_0_r; ring |].
  rewrite IH. replace (S s + n)%nat with (s + S n)%nat by lia. ring.
Qed.

Theorem telescoping T (T_pos : (1 <= T)%nat) w_0 Delta
  (below : forall w : M, objective alpha w_0 - objective alpha w <= Delta) a :
  E (iterates T w_0) (fun w => objective alpha w - outcome w) = a -> a <= Delta / INR T.
Proof.
  intros <-. destruct T as [| T]; [lia |]. unfold iterates. rewrite E_image, E_pair; cbn [snd].
  rewrite E_uniform.
  rewrite (map_ext _ (fun k => E (iterate k w_0) (objective alpha) - E (iterate (S k) w_0) (objective alpha))).
  - rewrite (telescope (fun k => E (iterate k w_0) (objective alpha))).
    unfold Rdiv; rewrite Rmult_comm. apply Rmult_le_compat_r.
    + apply Rlt_le, Rinv_0_lt_compat, lt_0_INR; lia.
    + simpl iterate at 1. rewrite E_sure.
      rewrite <- (E_const (iterate (0 + S T) w_0) (objective alpha w_0)), <- E_sub.
      rewrite <- (E_const (iterate (0 + S T) w_0) Delta). apply E_le; intros; apply below.
  - intros k. rewrite E_iterate_S, <- E_sub. reflexivity.
Qed.

(** ** The descent lemma *)

Section Descent.
Hypothesis lines : objective_lines (M := M) alpha.

Lemma objective_line (x h : M) t :
  derivable_pt_lim (fun s => objective alpha (x + s * h)%V) t (inner (meta_gradient alpha (x + t * h)%V) h).
Proof.
  intros eps He. destruct (lines (x + t * h)%V h eps He) as [delta K]; exists delta; intros s Hs Hd.
  specialize (K s Hs Hd); simpl in *.
  replace (x + t * h + (0 + s) * h)%V with (x + (t + s) * h)%V in K by vec.
  now replace (x + t * h + 0 * h)%V with (x + t * h)%V in K by vec.
Qed.

Lemma descent (w : M) ell :
  (forall y : M, norm (meta_gradient alpha w - meta_gradient alpha y)%V <= ell * norm (w - y)%V) ->
  forall h : M, objective alpha (w + h)%V <= objective alpha w + inner (meta_gradient alpha w) h + ell / 2 * norm h ^ 2.
Proof.
  intros smooth h.
  set (g := inner (meta_gradient alpha w) h). set (n := norm h ^ 2).
  pose (phi := fun t => objective alpha (w + t * h)%V - t * g - ell / 2 * n * (t ^ 2)).
  assert (DP : forall t, derivable_pt_lim phi t
    (inner (meta_gradient alpha (w + t * h)%V) h - g - ell / 2 * n * (INR 2 * t ^ 1))).
  { intros t. apply derivable_pt_lim_minus; [apply derivable_pt_lim_minus |].
    - apply objective_line.
    - apply slope_derivative.
    - apply derivable_pt_lim_scal. apply (derivable_pt_lim_pow t 2). }
  assert (P : phi 1 <= phi 0).
  { destruct (MVT_cor2 phi (fun t => inner (meta_gradient alpha (w + t * h)%V) h - g - ell / 2 * n * (INR 2 * t ^ 1))
      0 1) as [t [Ht1 Ht2]].
    - lra.
    - intros; apply DP.
    - assert (N : inner (meta_gradient alpha (w + t * h)%V) h - g <= ell * t * n).
      { unfold g. rewrite <- inner_sub. eapply Rle_trans; [apply Base.cauchy_schwarz |].
        rewrite norm_sub_comm. pose proof (smooth (w + t * h)%V) as B.
        replace (w - (w + t * h))%V with (- t * h)%V in B by vec.
        replace (norm (- t * h)%V) with (t * norm h) in B.
        - pose proof (norm_nonneg h). unfold n. nra.
        - symmetry. apply norm_is_minus; [lra | reflexivity]. }
      simpl INR in Ht1. lra. }
  unfold phi in P.
  replace (w + 1 * h)%V with (w + h)%V in P by vec. replace (w + 0 * h)%V with w in P by vec.
  lra.
Qed.
End Descent.

(** ** The mean of independent directions *)

Lemma VE_mean {A : Type} (d : law A) n (x : A -> M) :
  (1 <= n)%nat -> VE (draws n d) (fun l => vmean_of (map x l)) = VE d x.
Proof.
  intros Hn. apply vector_ext; intros z; rewrite !inner_VE.
  rewrite (E_draws_ext _ _ _ (fun l => / INR n * total (map (fun a => inner z (x a)) l))).
  - rewrite E_scale, E_total. field. now apply not_0_INR, Nat.neq_0_lt_0.
  - intros l K; unfold vmean_of; rewrite inner_scale_r, inner_vtotal, !map_map, map_length, K; reflexivity.
Qed.

Lemma E_mean_square {A : Type} (d : law A) n (x : A -> M) :
  (1 <= n)%nat ->
  E (draws n d) (fun l => norm (vmean_of (map x l)) ^ 2)
  = norm (VE d x) ^ 2 + (E d (fun a => norm (x a) ^ 2) - norm (VE d x) ^ 2) / INR n.
Proof.
  intros Hn. set (m := VE d x). assert (P : 0 < INR n) by now apply lt_0_INR.
  assert (S1 : forall l : list A, length l = n ->
    vmean_of (map x l) = (m + / INR n * vtotal (map (fun a => x a - m)%V l))%V).
  { intros l K. unfold vmean_of; rewrite map_length, K.
    assert (T : forall k : list A,
      vtotal (map (fun a => x a - m)%V k) = (vtotal (map x k) - INR (length k) * m)%V).
    { induction k as [| a k IH]; [simpl; vec |]. simpl length; rewrite S_INR; simpl; rewrite IH; vec. }
    rewrite T, K. apply vector_ext; intros z.
    rewrite ?inner_add_r, ?inner_scale_r, ?inner_sub_r, ?inner_scale_r. field; lra. }
  rewrite (E_draws_ext _ _ _ (fun l => norm m ^ 2 + 2 * / INR n * inner m (vtotal (map (fun a => x a - m)%V l))
                                       + (/ INR n) ^ 2 * norm (vtotal (map (fun a => x a - m)%V l)) ^ 2)).
  - rewrite !E_add, E_const, !E_scale.
    assert (Z : VE d (fun a => x a - m)%V = zero) by (rewrite VE_sub, VE_const; fold m; vec).
    rewrite E_total_square by exact Z.
    rewrite (E_ext _ (fun l => inner m (vtotal (map (fun a => x a - m)%V l)))
                     (fun l => total (map (fun a => inner m (x a - m)%V) l)))
      by (intros; now rewrite inner_vtotal, map_map).
    rewrite E_total, <- inner_VE, Z, inner_zero_r.
    rewrite (E_ext d _ (fun a => norm (x a) ^ 2 + -2 * inner m (x a) + norm m ^ 2)).
    + rewrite !E_add, E_scale, E_const, <- inner_VE. fold m. rewrite <- norm_square. field; lra.
    + intros a. rewrite !norm_square, inner_sub, !inner_sub_r, (inner_sym _ (x a) m). ring.
  - intros l K. rewrite (S1 l K), norm_add_square, inner_scale_r, norm_scale
      by (apply Rlt_le, Rinv_0_lt_compat; lra). ring.
Qed.

Lemma inner_linear_VE (z : M) {A : Type} (d : law A) (x : A -> M) : E d (fun a => inner z (x a)) = inner z (VE d x).
Proof. symmetry; apply inner_VE. Qed.

Lemma VE_pair {A B : Type} (d : law A) (e : A -> law B) (x : A * B -> M) :
  VE (pair_law d e) x = VE d (fun a => VE (e a) (fun b => x (a, b))).
Proof.
  apply vector_ext; intros z; rewrite !inner_VE, E_pair. apply E_ext; intros a. now rewrite inner_VE.
Qed.

Theorem one_step (alpha_nonneg : 0 <= alpha) (L_pos : 0 < L) (rho_nonneg : 0 <= rho)
  (n_pos : (1 <= n_step)%nat) (lines : objective_lines (M := M) alpha) (w : M) ell (D : M) V b1 b2 g s :
  (forall y : M, norm (meta_gradient alpha w - meta_gradient alpha y)%V <= ell * norm (w - y)%V) ->
  VE tasks (fun i => VE (batches n_D_in i) (fun D_in => VE (batches n_D_o i) (fun D_o =>
    VE (batches n_D_h i) (fun D_h =>
    G w i D_in D_o D_h)))) = D ->
  E tasks (fun i => E (batches n_D_in i) (fun D_in => E (batches n_D_o i) (fun D_o => E (batches n_D_h i) (fun D_h =>
    norm (G w i D_in D_o D_h) ^ 2)))) = V ->
  E (step_draws M n_tasks n_D_beta) (fun S => / estimated_bound alpha L rho w S) = b1 ->
  E (step_draws M n_tasks n_D_beta) (fun S => / estimated_bound alpha L rho w S ^ 2) = b2 ->
  inner (meta_gradient alpha w) D = g -> norm D = s ->
  outcome w <= objective alpha w - c * b1 * g + ell / 2 * c ^ 2 * b2 * (s ^ 2 + (V - s ^ 2) / INR n_step).
Proof.
  intros smooth HD HV Hb1 Hb2 Hg Hs.
  unfold outcome, next. rewrite E_image, E_pair; cbn [fst snd].
  set (mean := fun ds => vmean_of (map (direction_of w) ds)).
  assert (B : forall S, 0 < estimated_bound alpha L rho w S).
  { intros S. unfold estimated_bound. apply Rplus_lt_le_0_compat; [lra |].
    apply Rmult_le_pos; [repeat apply Rmult_le_pos; lra | apply mean_of_nonneg; intros; apply norm_nonneg]. }
  eapply Rle_trans.
  - apply E_le; intros S. apply E_le; intros ds.
    unfold step_to. fold (mean ds).
    replace (w - c / estimated_bound alpha L rho w S * mean ds)%V
      with (w + (- (c / estimated_bound alpha L rho w S)) * mean ds)%V by vec.
    apply (descent lines w ell smooth).
  - rewrite (E_ext _ _ (fun S => objective alpha w + (- c * g) * / estimated_bound alpha L rho w S
      + ell / 2 * c ^ 2 * (s ^ 2 + (V - s ^ 2) / INR n_step) * / estimated_bound alpha L rho w S ^ 2)).
    + rewrite !E_add, E_const, !E_scale, Hb1, Hb2. apply Req_le; ring.
    + intros S. pose proof (B S) as BS.
      rewrite (E_ext _ _ (fun ds => objective alpha w
        + (- (c / estimated_bound alpha L rho w S)) * inner (meta_gradient alpha w) (mean ds)
        + ell / 2 * (c / estimated_bound alpha L rho w S) ^ 2 * norm (mean ds) ^ 2)).
      * rewrite !E_add, E_const, !E_scale.
        rewrite (inner_linear_VE (meta_gradient alpha w)). unfold mean.
        rewrite VE_mean, E_mean_square by assumption.
        assert (ED : VE one_task (direction_of w) = D).
        { rewrite <- HD. unfold one_task. rewrite VE_pair. apply VE_ext; intros i.
          rewrite VE_pair. apply VE_ext; intros D_in. rewrite VE_pair. reflexivity. }
        assert (EV : E one_task (fun d => norm (direction_of w d) ^ 2) = V).
        { rewrite <- HV. unfold one_task. rewrite E_pair. apply E_ext; intros i.
          rewrite E_pair. apply E_ext; intros D_in. rewrite E_pair. reflexivity. }
        rewrite ED, EV, Hg, Hs. field. split; [lra | apply not_0_INR; lia].
      * intros ds. rewrite inner_scale_r, !norm_square, inner_scale, inner_scale_r. field; lra.
Qed.
End Runs.
