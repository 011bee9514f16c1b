(** * Line: axioms on pairs of independent samples, and on their noise where there is one parameter

    Two means over independent samples may change places, the noise of a batch of two is half the sum of the noise of
    two samples, and on a line the sign of such a sum tells little of either sample. The theorems are as in [Theorems]:
    each has the name of the axiom's file, and the equations after its arguments let a proof write a norm or a mean as
    the language does. Nothing here has to be trusted. *)

From Coq Require Import Reals Lra List.
From MamlCheck Require Import Base Model Rules.
Import ListNotations.
Open Scope R_scope.

(** ** Two samples *)

Theorem order_of_means {M : model} (i : task M) (x : sample M -> sample M -> R) m1 a m2 b :
  (forall s, E (samples i) (fun t => x s t) = m1 s) -> E (samples i) m1 = a ->
  (forall t, E (samples i) (fun s => x s t) = m2 t) -> E (samples i) m2 = b ->
  a = b.
Proof.
  intros H1 <- H2 <-. rewrite <- (E_ext _ _ _ H1), <- (E_ext _ _ _ H2). apply E_swap.
Qed.

Theorem two_samples {M : model} (n : nat) (i : task M) (x : M) (least : 2 <= INR n) (most : INR n <= 2) N a s m b :
  (forall D, norm (batch_grad i D x - grad i x)%V = N D) -> E (batches n i) (fun D => N D) = a ->
  (forall z z', norm ((sample_gradient i z x - grad i x) + (sample_gradient i z' x - grad i x))%V = s z z') ->
  (forall z, E (samples i) (fun z' => s z z') = m z) -> E (samples i) (fun z => m z) = b ->
  a = b / 2.
Proof.
  intros HN <- Hs Hm <-.
  assert (n = 2%nat) as -> by (apply INR_eq; simpl; lra).
  unfold batches. rewrite E_draws_S. unfold Rdiv; rewrite Rmult_comm, <- E_scale.
  apply E_ext; intros z. rewrite E_draws_S, <- Hm, <- E_scale.
  apply E_ext; intros z'. simpl draws; rewrite E_sure, <- HN, <- Hs.
  rewrite <- norm_scale by lra. f_equal. unfold batch_grad, vmean_of; simpl. vec.
Qed.

(** ** The degrees of a graph

    An outcome c of 0 or 1 splits the outcomes z in two parts, S where it is 1 and T. Any two in S are joined, no two
    in T, and one in S to one in T as much as g says. How much one outcome is joined to all is its degree. *)

(** E (f - E f)^2 *)
Definition variance {A : Type} (d : law A) (f : A -> R) : R := E d (fun z => (f z - E d f) ^ 2).

(** The variance is E f^2 - (E f)^2. *)
Lemma variance_moments {A : Type} (d : law A) (f : A -> R) : variance d f = E d (fun z => f z ^ 2) - E d f ^ 2.
Proof.
  unfold variance; rewrite (E_ext _ _ (fun z => f z ^ 2 + (-2 * E d f) * f z + E d f ^ 2)) by (intros; ring).
  rewrite !E_add, E_scale, E_const; ring.
Qed.

(** Multiplied by m, a number has m^2 of its variance; a constant added changes nothing. *)
Lemma variance_affine {A : Type} (d : law A) (f : A -> R) m k :
  variance d (fun z => m * f z + k) = m ^ 2 * variance d f.
Proof.
  unfold variance; rewrite <- E_scale. apply E_ext; intros z. rewrite E_add, E_scale, E_const; ring.
Qed.

(** Equal numbers have equal variances. *)
Lemma variance_ext {A : Type} (d : law A) (f g : A -> R) : (forall z, f z = g z) -> variance d f = variance d g.
Proof. intros H; unfold variance; rewrite (E_ext d f g H). apply E_ext; intros z; now rewrite H. Qed.

(** The bound of the variance, where S has the probability p and the pairs joined from S to T have (1 - p) t: it is
    concave in t, for p <= 1/4 largest at t = p, and its largest value over all t does for other p. *)
Lemma largest_variance p t : 0 <= t <= p -> p <= 1 / 2 ->
  (1 - p) * (p ^ 3 + t * (1 + p - 4 * p ^ 2) - t ^ 2 * (3 - 4 * p)) <= 27 / 256.
Proof.
  intros Ht Hp. set (k := p ^ 3 + t * (1 + p - 4 * p ^ 2) - t ^ 2 * (3 - 4 * p)).
  destruct (Rle_dec p (1 / 4)) as [H | H].
  - assert (K : k <= p * (1 - p) ^ 2).
    { unfold k. apply Rminus_le.
      replace (_ - _) with (- ((p - t) * ((1 - p) * (1 - 4 * p) + (3 - 4 * p) * (p - t)))) by ring.
      enough (0 <= (p - t) * ((1 - p) * (1 - 4 * p) + (3 - 4 * p) * (p - t))) by lra.
      apply Rmult_le_pos; [lra |]. apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra. }
    apply Rle_trans with ((1 - p) * (p * (1 - p) ^ 2)); [apply Rmult_le_compat_l; lra |].
    enough (0 <= (4 * p - 1) ^ 2 * ((4 * p - 5) ^ 2 + 2)) by lra.
    apply Rmult_le_pos; [apply pow2_ge_0 |]. pose proof (pow2_ge_0 (4 * p - 5)); lra.
  - assert (K : 4 * (3 - 4 * p) * k <= (1 - p) ^ 2 * (1 + 4 * p)).
    { unfold k. pose proof (pow2_ge_0 (2 * (3 - 4 * p) * t - (1 + p - 4 * p ^ 2))). lra. }
    apply Rmult_le_reg_l with (4 * (3 - 4 * p)); [lra |].
    apply Rle_trans with ((1 - p) * ((1 - p) ^ 2 * (1 + 4 * p))).
    + replace (_ * (_ * k)) with ((1 - p) * (4 * (3 - 4 * p) * k)) by ring. apply Rmult_le_compat_l; lra.
    + pose proof (pow2_ge_0 (4 * p - 1)). nra.
Qed.

Section Degrees.
Context {A : Type} (d : law A) (c : A -> R) (g : A -> A -> R).
Hypotheses (c_cases : forall z, c z = 0 \/ c z = 1) (g_share : forall z t, 0 <= g z t <= 1).

(** How much z in S is joined to t in T, and how much any two are *)
Definition across z t := c z * (1 - c t) * g z t.
Definition joined z t := c z * c t + across z t + across t z.
Definition degree z := E d (fun t => joined z t).

(** The probabilities of S and of T; how much z in S is joined to T, t in T to S, and S to T *)
Let p := E d (fun z => c z).
Let q := 1 - p.
Let a z := E d (fun t => across z t).
Let r t := E d (fun z => across z t).
Let s := E d (fun z => a z).

(** Probabilities are at least 0. *)
Lemma share_nonneg : 0 <= p.
Proof. apply E_nonneg; intros z; destruct (c_cases z); lra. Qed.

(** S and T are joined to one another only, and no more than wholly. *)
Lemma across_share z t : 0 <= across z t <= c z * (1 - c t).
Proof.
  unfold across; pose proof (g_share z t). destruct (c_cases z) as [-> | ->], (c_cases t) as [-> | ->]; lra.
Qed.

Lemma across_at_most_1 z t : across z t <= 1.
Proof. pose proof (across_share z t). destruct (c_cases z), (c_cases t); nra. Qed.

(** What is in S is joined to T at most wholly, and what is in T to S. *)
Lemma a_share z : 0 <= a z <= q * c z.
Proof.
  split; [apply E_nonneg; intros; apply across_share |].
  replace (q * c z) with (E d (fun t => c z * (1 - c t)))
    by (rewrite mean_scale, (E_sub d _ c), E_const; apply Rmult_comm).
  apply E_le; intros; apply across_share.
Qed.

Lemma r_share t : 0 <= r t <= p * (1 - c t).
Proof.
  split; [apply E_nonneg; intros; apply across_share |].
  replace (p * (1 - c t)) with (E d (fun z => (1 - c t) * c z)) by (rewrite mean_scale; apply Rmult_comm).
  apply E_le; intros z; rewrite Rmult_comm; apply across_share.
Qed.

(** The degree is p + a on S, and r on T. *)
Lemma degree_is z : degree z = p * c z + a z + r z.
Proof. unfold degree, joined. rewrite !mean_add, mean_scale. unfold p, a, r; ring. Qed.

(** S is joined to T as much as T is to S. *)
Lemma degree_mean : E d degree = p ^ 2 + 2 * s.
Proof.
  rewrite (E_ext _ _ _ degree_is), !mean_add, mean_scale.
  replace (E d (fun z => r z)) with s by apply E_swap. unfold s, p; ring.
Qed.

(** An outcome is in S, where r is 0, or in T, where c and a are. *)
Lemma degree_square : E d (fun z => degree z ^ 2) = p ^ 3 + 2 * p * s + E d (fun z => a z ^ 2) + E d (fun z => r z ^ 2).
Proof.
  rewrite (E_ext _ _ (fun z => p ^ 2 * c z + 2 * p * a z + a z ^ 2 + r z ^ 2)).
  - rewrite !mean_add, !mean_scale. unfold s, p; ring.
  - intros z; rewrite degree_is. pose proof (a_share z) as Ha; pose proof (r_share z) as Hr.
    destruct (c_cases z) as [Z | Z]; rewrite Z in *.
    + replace (a z) with 0 by lra; ring.
    + replace (r z) with 0 by lra; ring.
Qed.

(** What two in S share is at most min(a, a'), and min(a, a') - a a' / q = min(a, a') (1 - max(a, a') / q) is at most
    a (1 - a / q) and at most a' (1 - a' / q), thus at most half of their sum. *)
Lemma shared z y :
  q * E d (fun t => across z t * across y t) <= a z * a y + / 2 * (c y * (a z * (q - a z)) + c z * (a y * (q - a y))).
Proof.
  pose proof (a_share z) as Hz; pose proof (a_share y) as Hy.
  assert (Mz : E d (fun t => across z t * across y t) <= a z).
  { apply E_le; intros t. pose proof (across_share z t); pose proof (across_at_most_1 y t). nra. }
  assert (My : E d (fun t => across z t * across y t) <= a y).
  { apply E_le; intros t. pose proof (across_share y t); pose proof (across_at_most_1 z t). nra. }
  assert (M0 : 0 <= E d (fun t => across z t * across y t)).
  { apply E_nonneg; intros t. apply Rmult_le_pos; apply across_share. }
  set (m := E d (fun t => across z t * across y t)) in *.
  destruct (c_cases z) as [Z | Z]; rewrite Z in *; [replace m with 0 by lra; replace (a z) with 0 by lra; lra |].
  destruct (c_cases y) as [Y | Y]; rewrite Y in *; [replace m with 0 by lra; replace (a y) with 0 by lra; lra |].
  destruct (Rle_dec (a z) (a y)); nra.
Qed.

(** The mean of r^2 is that of what two in S share. *)
Lemma r_square : E d (fun t => r t ^ 2) = E d (fun z => E d (fun y => E d (fun t => across z t * across y t))).
Proof.
  rewrite (E_ext d (fun z => E d (fun y => _)) (fun z => E d (fun t => across z t * r t))).
  - rewrite E_swap. apply E_ext; intros t.
    rewrite (E_ext _ _ (fun z => r t * across z t)) by (intros; ring).
    rewrite mean_scale. unfold r; ring.
  - intros z. rewrite E_swap. apply E_ext; intros t. rewrite mean_scale; reflexivity.
Qed.

(** So the mean of r^2 is at most s^2 / q and p / q of the mean of a (q - a). *)
Lemma r_square_le : q * E d (fun t => r t ^ 2) <= s ^ 2 + p * (q * s - E d (fun z => a z ^ 2)).
Proof.
  set (b z := a z * (q - a z)).
  assert (B : E d (fun z => b z) = q * s - E d (fun z => a z ^ 2)).
  { unfold b; rewrite (E_ext _ _ (fun z => q * a z - a z ^ 2)) by (intros; ring). now rewrite E_sub, mean_scale. }
  rewrite <- B, r_square, <- E_scale.
  apply Rle_trans with (E d (fun z => s * a z + / 2 * (p * b z + E d (fun z => b z) * c z))).
  - apply E_le; intros z. rewrite <- E_scale.
    apply Rle_trans with (E d (fun y => a z * a y + / 2 * (b z * c y + c z * b y))).
    + apply E_le; intros y. eapply Rle_trans; [apply shared | unfold b; lra].
    + rewrite mean_add, !mean_scale, mean_add, !mean_scale. unfold s, p; lra.
  - rewrite mean_add, !mean_scale, mean_add, !mean_scale. unfold s, p; lra.
Qed.

(** Snijders' bound of the degree variance of a graph, for these *)
Lemma degree_variance : p <= 1 / 2 -> variance d degree <= 27 / 256.
Proof.
  intros Hp. pose proof share_nonneg as P. pose proof r_square_le as H.
  assert (Hq : p <= q /\ 0 < q) by (unfold q; lra).
  assert (Hs : 0 <= s <= q * p).
  { split; [apply E_nonneg; intros; apply a_share |].
    unfold p; rewrite <- E_scale. apply E_le; intros; apply a_share. }
  assert (Ha : E d (fun z => a z ^ 2) <= q * s).
  { unfold s; rewrite <- E_scale. apply E_le; intros z. pose proof (a_share z). destruct (c_cases z); nra. }
  rewrite variance_moments, degree_mean, degree_square.
  set (a2 := E d (fun z => a z ^ 2)) in *. set (r2 := E d (fun t => r t ^ 2)) in *.
  assert (K : a2 + r2 <= q * (s / q) ^ 2 + q * s).
  { apply Rmult_le_reg_l with q; [lra |].
    replace (q * (q * (s / q) ^ 2 + q * s)) with (s ^ 2 + p * (q * s) + (q - p) * (q * s)) by (field; lra).
    assert ((q - p) * a2 <= (q - p) * (q * s)) by (apply Rmult_le_compat_l; lra). lra. }
  assert (L := largest_variance p (s / q)).
  assert (T : s = q * (s / q)) by (field; lra).
  set (t := s / q) in *. clearbody t. rewrite T in *.
  assert (0 <= t <= p) by (split; apply Rmult_le_reg_l with q; lra).
  specialize (L ltac:(assumption) Hp). unfold q in *; lra.
Qed.
End Degrees.

(** ** The line *)

Section Signs.
Context {A : Type} {V : space} (d : law A) (n : A -> R) (e : V).

(** 1 where a number is at least 0, else 0, and the sign that says so *)
Definition is_nonneg (y : R) : R := if Rle_dec 0 y then 1 else 0.
Definition sign (y : R) : R := 2 * is_nonneg y - 1.

(** It is 0 or 1, and so from 0 to 1. *)
Lemma is_nonneg_cases y : is_nonneg y = 0 \/ is_nonneg y = 1.
Proof. unfold is_nonneg; destruct (Rle_dec 0 y); auto. Qed.

Lemma is_nonneg_share y : 0 <= is_nonneg y <= 1.
Proof. destruct (is_nonneg_cases y) as [-> | ->]; lra. Qed.

(** On the line along e the direction of a vector is its sign times e. *)
Lemma direction_line y : norm e = 1 -> direction e (y * e)%V = (sign y * e)%V.
Proof.
  intros He; unfold direction, sign, is_nonneg; destruct (Rle_dec 0 y) as [H | H].
  - rewrite norm_scale, He by assumption.
    destruct (Req_EM_T (y * 1) 0); [vec |]. vector_by ltac:(field; lra).
  - replace (y * e)%V with (-1 * (- y * e))%V by vec. rewrite norm_opp, norm_scale, He by lra.
    destruct (Req_EM_T (- y * 1) 0); [lra |]. vector_by ltac:(field; lra).
Qed.

(** The probability that a second number makes the sum with n z at least 0 *)
Definition above z := E d (fun y => is_nonneg (n z + n y)).

(** S is where n is at least 0, or, if that is more than half, where it is not, with all that is joined parted. *)
Lemma above_variance : variance d above <= 27 / 256.
Proof.
  set (c z := is_nonneg (n z)). set (g z y := is_nonneg (n z + n y)).
  assert (Hc : forall z, c z = 0 \/ c z = 1) by (intros; apply is_nonneg_cases).
  assert (Hg : forall z y, 0 <= g z y <= 1) by (intros; apply is_nonneg_share).
  destruct (Rle_dec (E d c) (1 / 2)) as [H | H].
  - assert (K : forall z, degree d c g z = above z).
    { intros z; apply E_ext; intros y. unfold joined, across, c, g, is_nonneg.
      rewrite (Rplus_comm (n y)). repeat destruct (Rle_dec _ _); lra. }
    rewrite <- (variance_ext _ _ _ K). now apply degree_variance.
  - set (c' z := 1 - c z). set (g' z y := 1 - g z y).
    assert (K : forall z, -1 * degree d c' g' z + 1 = above z).
    { intros z; unfold degree; rewrite <- E_scale, <- (E_const d 1), <- E_add. apply E_ext; intros y.
      unfold joined, across, c', g', c, g, is_nonneg.
      rewrite (Rplus_comm (n y)). repeat destruct (Rle_dec _ _); lra. }
    rewrite <- (variance_ext _ _ _ K), variance_affine. replace ((-1) ^ 2) with 1 by ring; rewrite Rmult_1_l.
    apply degree_variance.
    + intros z; unfold c'; destruct (Hc z) as [-> | ->]; lra.
    + intros z y; unfold g'; specialize (Hg z y); lra.
    + unfold c'; rewrite E_sub, E_const; lra.
Qed.

(** The mean of multiples of one vector *)
Lemma VE_multiples (x : A -> R) : VE d (fun z => x z * e)%V = (E d x * e)%V.
Proof.
  apply vector_ext; intros v; rewrite inner_VE, inner_scale_r, Rmult_comm, <- E_scale.
  apply E_ext; intros; rewrite inner_scale_r; ring.
Qed.
End Signs.

(** The mean of the sign is twice [above], less 1. *)
Theorem signs_of_sums {M : model} (i : task M) (x e : M) (He : norm e = 1)
  (line : forall v : M, v = (inner e v * e)%V) (u : sample M -> sample M -> M)
  (Hu : forall z z', u z z'
    = direction e ((sample_gradient i z x - grad i x) + (sample_gradient i z' x - grad i x))%V) m mm t a :
  (forall z, VE (samples i) (fun z' => u z z') = m z) -> VE (samples i) (fun z => m z) = mm ->
  (forall z, norm (m z - mm)%V = t z) -> E (samples i) (fun z => t z ^ 2) = a ->
  a <= 27 / 64.
Proof.
  intros Hm Hmm Ht <-.
  set (n z := inner e (sample_gradient i z x - grad i x)%V). set (h z := 2 * above (samples i) n z + -1).
  assert (Km : forall z, m z = (h z * e)%V).
  { intros z; rewrite <- Hm. unfold h, above. rewrite <- E_scale, <- (E_const (samples i) (-1)), <- E_add.
    rewrite <- VE_multiples. apply VE_ext; intros z'.
    rewrite Hu, (line (_ + _)%V), inner_add_r, direction_line by assumption. reflexivity. }
  assert (Kmm : mm = (E (samples i) h * e)%V) by (rewrite <- Hmm, <- VE_multiples; now apply VE_ext).
  rewrite (E_ext _ _ (fun z => (h z - E (samples i) h) ^ 2)).
  - fold (variance (samples i) h). unfold h; rewrite variance_affine. pose proof (above_variance (samples i) n). lra.
  - intros z; rewrite <- Ht, Km, Kmm, norm_square.
    replace (h z * e - E (samples i) h * e)%V with ((h z - E (samples i) h) * e)%V by vec.
    rewrite inner_scale, inner_scale_r, <- norm_square, He; ring.
Qed.
