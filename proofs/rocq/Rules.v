(** * Rules: what the generated files apply

    Each rule of mamlcheck's kernel is a lemma here. Nothing here has to be trusted. *)

From Coq Require Import Reals Lra List.
From MamlCheck Require Import Base Model.
Open Scope R_scope.

(** ** Signs: products, sums, powers, quotients of what has the sign *)

Create HintDb signs.

Lemma sqrt_INR_pos n : (1 <= n)%nat -> 0 < sqrt (INR n).
Proof. intros H; now apply sqrt_lt_R0, lt_0_INR. Qed.

Lemma INR_n_pos n : (1 <= n)%nat -> 0 < INR n.
Proof. intros H; now apply lt_0_INR. Qed.

Lemma pow_even_nonneg a n : 0 <= a ^ (2 * n).
Proof. rewrite pow_mult; apply pow_le, pow2_ge_0. Qed.

Lemma mean_of_nonneg {A} (f : A -> R) l : (forall a, 0 <= f a) -> 0 <= mean_of (map f l).
Proof.
  intros H; unfold mean_of; rewrite map_length.
  destruct l as [| a l]; [simpl; lra |].
  apply Rmult_le_pos.
  - apply Rlt_le, Rinv_0_lt_compat, lt_0_INR; simpl; auto with arith.
  - induction (a :: l)%list as [| b m IH]; simpl; [lra | specialize (H b); lra].
Qed.

Ltac even_power :=
  lazymatch goal with
  | |- 0 <= ?a ^ 2 => apply pow2_ge_0
  | |- 0 <= ?a ^ 4 => apply (pow_even_nonneg a 2)
  | |- 0 <= ?a ^ 6 => apply (pow_even_nonneg a 3)
  | |- 0 <= ?a ^ 8 => apply (pow_even_nonneg a 4)
  end.

Ltac nonneg :=
  lazymatch goal with
  | |- _ >= _ => apply Rle_ge; nonneg
  | |- 0 <= _ * _ => apply Rmult_le_pos; nonneg
  | |- 0 <= _ + _ => apply Rplus_le_le_0_compat; nonneg
  | |- 0 <= _ / _ => apply Rle_mult_inv_pos; [nonneg | pos]
  | |- 0 <= / _ => apply Rlt_le, Rinv_0_lt_compat; pos
  | |- 0 <= _ ^ _ => first [even_power | apply pow_le; nonneg]
  | |- 0 <= Rmin _ _ => apply Rmin_glb; nonneg
  | |- 0 <= IZR _ => apply IZR_le; intro; discriminate
  | |- 0 <= norm _ => apply norm_nonneg
  | |- 0 <= nonneg _ => apply cond_nonneg
  | |- 0 <= sqrt _ => apply sqrt_pos
  | |- 0 <= E _ _ => apply E_nonneg; intros; nonneg
  | |- 0 <= mean_of (map _ _) => apply mean_of_nonneg; intros; nonneg
  | |- _ => solve [assumption | apply Rlt_le; assumption | auto with signs | apply Rlt_le; auto with signs]
  end
with pos :=
  lazymatch goal with
  | |- _ > _ => apply Rlt_gt; pos
  | |- 0 < _ * _ => apply Rmult_lt_0_compat; pos
  | |- 0 < _ + _ =>
      first [apply Rplus_lt_le_0_compat; [pos | nonneg] | apply Rplus_le_lt_0_compat; [nonneg | pos]]
  | |- 0 < _ / _ => apply Rdiv_lt_0_compat; pos
  | |- 0 < / _ => apply Rinv_0_lt_compat; pos
  | |- 0 < _ ^ _ => apply pow_lt; pos
  | |- 0 < IZR _ => apply IZR_lt; reflexivity
  | |- 0 < E _ _ => apply E_pos; intros; pos
  | |- 0 < sqrt (INR _) => apply sqrt_INR_pos; assumption
  | |- 0 < INR _ => apply INR_n_pos; assumption
  | |- _ => solve [assumption | auto with signs]
  end.

Ltac nonzero := repeat split; apply Rgt_not_eq; pos.

(** Equality of rational functions, where denominators are > 0 *)
Ltac eqn := first [reflexivity | ring | field; nonzero].

(** ** Linear maps *)

Section Linear.
Context {V : space} (A : V -> V) (H : linear A).
Implicit Types u v : V.

Lemma linear_add u v : A (u + v)%V = (A u + A v)%V.
Proof. apply H. Qed.

Lemma linear_scale c v : A (c * v)%V = (c * A v)%V.
Proof. apply H. Qed.

Lemma linear_sub u v : A (u - v)%V = (A u - A v)%V.
Proof. unfold sub; now rewrite linear_add, linear_scale. Qed.

Lemma linear_zero : A zero = zero.
Proof.
  assert (Z : (zero : V) = (0 * (zero : V))%V) by vec. rewrite Z at 1. rewrite linear_scale; vec.
Qed.
End Linear.

Lemma hess_add {M : model} (i : task M) (x u v : M) : hess i x (u + v)%V = (hess i x u + hess i x v)%V.
Proof. apply linear_add, hess_linear. Qed.
Lemma hess_sub {M : model} (i : task M) (x u v : M) : hess i x (u - v)%V = (hess i x u - hess i x v)%V.
Proof. apply linear_sub, hess_linear. Qed.
Lemma hess_scale {M : model} (i : task M) (x v : M) c : hess i x (c * v)%V = (c * hess i x v)%V.
Proof. apply linear_scale, hess_linear. Qed.
Lemma hess_zero {M : model} (i : task M) (x : M) : hess i x zero = zero.
Proof. apply linear_zero, hess_linear. Qed.
Lemma batch_hess_add {M : model} (i : task M) D (x u v : M) :
  batch_hess i D x (u + v)%V = (batch_hess i D x u + batch_hess i D x v)%V.
Proof. apply linear_add, batch_hess_linear. Qed.
Lemma batch_hess_sub {M : model} (i : task M) D (x u v : M) :
  batch_hess i D x (u - v)%V = (batch_hess i D x u - batch_hess i D x v)%V.
Proof. apply linear_sub, batch_hess_linear. Qed.
Lemma batch_hess_scale {M : model} (i : task M) D (x v : M) c :
  batch_hess i D x (c * v)%V = (c * batch_hess i D x v)%V.
Proof. apply linear_scale, batch_hess_linear. Qed.
Lemma batch_hess_zero {M : model} (i : task M) D (x : M) : batch_hess i D x zero = zero.
Proof. apply linear_zero, batch_hess_linear. Qed.

Ltac expand :=
  repeat first
    [ rewrite hess_add | rewrite hess_sub | rewrite hess_scale | rewrite hess_zero
    | rewrite batch_hess_add | rewrite batch_hess_sub | rewrite batch_hess_scale | rewrite batch_hess_zero ].

(** Equality of linear combinations, of what linear maps make of such too *)
Ltac lin := first [reflexivity | expand; vector_by ltac:(eqn)].

(** A combination of the identity and of Hessians may stand on either side of an inner product. *)
Ltac self_adjoint :=
  intros;
  repeat rewrite ?inner_sub_r, ?inner_add_r, ?inner_scale_r, ?inner_sub, ?inner_add, ?inner_scale;
  match goal with
  | S : symmetric |- _ => repeat first [rewrite (hess_symmetric S) | rewrite (batch_hess_symmetric S)]
  end;
  eqn.

(** ** How the language writes a number *)

Section Written.
Context {V : space}.
Implicit Types u v r : V.

Lemma norm_is c v r : 0 <= c -> v = (c * r)%V -> norm v = c * norm r.
Proof. intros Hc ->; now apply norm_scale. Qed.

Lemma norm_is_minus c v r : 0 <= c -> v = (- c * r)%V -> norm v = c * norm r.
Proof.
  intros Hc ->; rewrite <- norm_scale by assumption; rewrite <- norm_opp; f_equal; vec.
Qed.

Lemma norm_from (a v : V) n : norm v = n -> a = v -> norm a = n.
Proof. now intros <- ->. Qed.

Lemma inner_is a b u v u' v' : u = (a * u')%V -> v = (b * v')%V -> inner u v = a * b * inner u' v'.
Proof. intros -> ->; rewrite inner_scale, inner_scale_r; ring. Qed.

Lemma inner_is_swapped a b u v u' v' : u = (b * v')%V -> v = (a * u')%V -> inner u v = a * b * inner u' v'.
Proof. intros -> ->; rewrite inner_scale, inner_scale_r, (inner_sym _ v'); ring. Qed.

Lemma inner_from (a b u v : V) n : inner u v = n -> a = u -> b = v -> inner a b = n.
Proof. now intros <- -> ->. Qed.

Context {A : Type}.

Lemma E_from (d : law A) (f g : A -> R) m : E d g = m -> (forall a, f a = g a) -> E d f = m.
Proof. intros <-; apply E_ext. Qed.

Lemma VE_from (d : law A) (f g : A -> V) m : VE d g = m -> (forall a, f a = g a) -> VE d f = m.
Proof. intros <-; apply VE_ext. Qed.
End Written.

Lemma direction_norm {V : space} (e v : V) : norm e = 1 -> norm (direction e v) = 1.
Proof.
  intros He; unfold direction; destruct (Req_EM_T (norm v) 0) as [Z | Z]; [assumption |].
  pose proof (norm_nonneg v). rewrite norm_scale by (apply Rlt_le, Rinv_0_lt_compat; lra). now field.
Qed.

(** A mean is linear: constant factors stand on the left. Functions are written out, for [ring] to see them alike. *)
Lemma mean_add {A} (d : law A) (f g : A -> R) : E d (fun a => f a + g a) = E d (fun a => f a) + E d (fun a => g a).
Proof. apply E_add. Qed.

Lemma mean_scale {A} (d : law A) c (f : A -> R) : E d (fun a => c * f a) = c * E d (fun a => f a).
Proof. apply E_scale. Qed.

Lemma vmean_add {A} {V : space} (d : law A) (f g : A -> V) :
  VE d (fun a => f a + g a)%V = (VE d (fun a => f a) + VE d (fun a => g a))%V.
Proof. apply VE_add. Qed.

Lemma vmean_sub {A} {V : space} (d : law A) (f g : A -> V) :
  VE d (fun a => f a - g a)%V = (VE d (fun a => f a) - VE d (fun a => g a))%V.
Proof. apply VE_sub. Qed.

Lemma vmean_scale {A} {V : space} (d : law A) c (f : A -> V) :
  VE d (fun a => c * f a)%V = (c * VE d (fun a => f a))%V.
Proof. apply VE_scale. Qed.

Lemma vmean_linear {A} {V : space} (d : law A) (B : V -> V) (f : A -> V) :
  linear B -> VE d (fun a => B (f a)) = B (VE d (fun a => f a)).
Proof. apply VE_linear. Qed.

Ltac mean := repeat (rewrite E_const || rewrite mean_add || rewrite mean_scale); cbv beta.
Ltac vmean := repeat (rewrite VE_const || rewrite vmean_add || rewrite vmean_sub || rewrite vmean_scale); cbv beta.

(** ** The kernel's rules *)

Lemma as_le l r l' r' : l <= r -> l' = l -> r' = r -> l' <= r'.
Proof. now intros H -> ->. Qed.

Lemma as_eq (l r l' r' : R) : l = r -> l' = l -> r' = r -> l' = r'.
Proof. now intros -> -> ->. Qed.

Lemma eq_le l r : l = r -> l <= r.
Proof. intros ->; apply Rle_refl. Qed.

Lemma vector_as_eq (V : space) (l r l' r' : V) : l = r -> l' = l -> r' = r -> l' = r'.
Proof. now intros -> -> ->. Qed.

Lemma rule_times p l r l' r' : 0 <= p -> l <= r -> l' = p * l -> r' = p * r -> l' <= r'.
Proof. intros Hp H -> ->; now apply Rmult_le_compat_l. Qed.

Lemma rule_times_eq (p l r l' r' : R) : l = r -> l' = p * l -> r' = p * r -> l' = r'.
Proof. now intros -> -> ->. Qed.

Lemma gap l r : l <= r -> 0 <= r - l.
Proof. lra. Qed.

Lemma gap_eq l r : l = r -> r - l = 0.
Proof. lra. Qed.

Lemma rule_mean {A} (d : law A) (f g : A -> R) l r : (forall a, f a <= g a) -> E d f = l -> E d g = r -> l <= r.
Proof. intros H <- <-; now apply E_le. Qed.

Lemma rule_mean_eq {A} (d : law A) (f g : A -> R) l r : (forall a, f a = g a) -> E d f = l -> E d g = r -> l = r.
Proof. intros H <- <-; now apply E_ext. Qed.

Lemma rule_mean_vector {A} {V : space} (d : law A) (f g : A -> V) l r :
  (forall a, f a = g a) -> VE d f = l -> VE d g = r -> l = r.
Proof. intros H <- <-; now apply VE_ext. Qed.

Lemma rule_root l r a b : a <= b -> a = l ^ 2 -> b = r ^ 2 -> 0 <= r -> l <= r.
Proof. intros H -> -> Hr; now apply square_le. Qed.

Lemma rule_within {V : space} (a b v v' : V) c n m :
  a = b -> norm v = n -> norm v' = m -> v' = (v + c * (b - a))%V -> n = m.
Proof. intros -> <- <- ->; f_equal; vec. Qed.

(** A step of a chain: the gaps of facts and a remainder add up to it. *)
Lemma step s t g : t - s = g -> 0 <= g -> s <= t.
Proof. intros; lra. Qed.

Lemma step_eq (s t g : R) : t - s = g -> g = 0 -> s = t.
Proof. intros; lra. Qed.

Lemma rule_smaller l a b : l <= a -> l <= b -> l <= Rmin a b.
Proof. apply Rmin_glb. Qed.

Lemma rule_apply {V : space} (A : V -> V) (a b l r : V) : a = b -> l = A a -> r = A b -> l = r.
Proof. now intros -> -> ->. Qed.

(** a / b where b > 0, and 0 where b = 0 *)
Definition ratio (a b : R) : R := if Rle_dec b 0 then 0 else a / b.

Lemma ratio_nonneg a b : 0 <= a -> 0 <= ratio a b.
Proof.
  unfold ratio; intros; destruct (Rle_dec b 0); [apply Rle_refl |]. apply Rle_mult_inv_pos; lra.
Qed.

Lemma rule_share a b l r : 0 <= a -> l <= r -> a = l -> b = r -> ratio a b <= 1.
Proof.
  unfold ratio; intros; subst; destruct (Rle_dec r 0); [lra |].
  apply Rmult_le_reg_r with r; [lra |]. unfold Rdiv; rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma rule_quotient a b l r : 0 < a -> l <= r -> a = l -> b = r -> ratio a b * b = a.
Proof.
  unfold ratio; intros; subst; destruct (Rle_dec r 0); [lra |]. field; lra.
Qed.

(** ** Draws for the step size *)

(** c times the plain mean of a number over the draws *)
Definition mean_of_draws {M : model} (c : R) (x : task M -> list (sample M) -> R)
  (S : list (task M * list (sample M))) : R :=
  c * mean_of (map (fun p => x (fst p) (snd p)) S).

Lemma mean_of_draws_nonneg {M : model} c (x : task M -> list (sample M) -> R) S :
  0 <= c -> (forall i D, 0 <= x i D) -> 0 <= mean_of_draws c x S.
Proof. intros; unfold mean_of_draws; apply Rmult_le_pos; [assumption | apply mean_of_nonneg; intros p; auto]. Qed.

(** ** The statement at the end *)

(** psi is the smallest of a family of bounds, one for each kappa from 0 to 1: this is the one that it is. *)
Definition kappa_of (L rho t : R) : R := if Rle_dec (rho * t) L then 1 else L / (rho * t).

Lemma psi_kappa L rho t : 0 <= L -> 0 <= rho ->
  psi L rho t = (1 - kappa_of L rho t) * L * t + kappa_of L rho t ^ 2 * rho * t ^ 2 / 2.
Proof.
  unfold psi, kappa_of; intros HL Hr; destruct (Rle_dec (rho * t) L) as [H | H]; [field |].
  assert (rho * t <> 0) by lra. assert (rho <> 0 /\ t <> 0) as [Z1 Z2] by (split; intros ->; lra).
  field; lra.
Qed.

Lemma kappa_nonneg L rho t : 0 <= L -> 0 <= kappa_of L rho t.
Proof.
  unfold kappa_of; intros; destruct (Rle_dec (rho * t) L); [apply Rle_0_1 | apply Rle_mult_inv_pos; lra].
Qed.

Lemma kappa_at_most_1 L rho t : 0 <= L -> kappa_of L rho t <= 1.
Proof.
  unfold kappa_of; intros; destruct (Rle_dec (rho * t) L); [apply Rle_refl |].
  apply Rmult_le_reg_r with (rho * t); [lra |]. unfold Rdiv; rewrite Rmult_assoc, Rinv_l; lra.
Qed.
#[global] Hint Resolve kappa_nonneg kappa_at_most_1 : signs.

Lemma Rmin_times a b c x y : 0 <= c -> a * c = x -> b * c = y -> Rmin a b * c = Rmin x y.
Proof.
  intros Hc <- <-; unfold Rmin; destruct (Rle_dec a b), (Rle_dec (a * c) (b * c)); nra.
Qed.

Lemma Rmin_times_swapped a b c x y : 0 <= c -> a * c = y -> b * c = x -> Rmin a b * c = Rmin x y.
Proof. intros; rewrite Rmin_comm; now apply Rmin_times. Qed.

Lemma INR_square n : INR n = sqrt (INR n) ^ 2.
Proof. symmetry; apply pow2_sqrt, pos_INR. Qed.

(** Sizes of batches, by their roots. *)
Ltac roots :=
  repeat match goal with
  | H : (1 <= ?n)%nat |- _ =>
      let r := fresh "root" in let P := fresh "root_pos" in let Q := fresh "root_square" in
      pose proof (sqrt_INR_pos n H) as P; pose proof (INR_square n) as Q;
      set (r := sqrt (INR n)) in *; clearbody r; rewrite ?Q in *; clear H Q
  end.

(** |a| as a multiple of |b| *)
Ltac norm_multiple a b e :=
  let e1 := eval pattern (norm b) in e in
  lazymatch e1 with
  | ?f _ =>
      let c := eval cbv beta in (f 1) in
      transitivity (c * norm b);
      [first [apply norm_is; [nonneg | lin] | apply norm_is_minus; [nonneg | lin]] | eqn]
  end.

Ltac same_vector := first [f_equal; lin | rewrite <- norm_opp; f_equal; lin].

(** Equality part by part, without looking for parts that are equal *)
Ltac alike :=
  cbv beta;
  first
    [ reflexivity
    | lazymatch goal with
      | |- norm _ = norm _ => same_vector
      | |- E ?d _ = E ?d _ => apply E_ext; intros; alike
      | |- sqrt _ = sqrt _ => f_equal; alike
      | |- ?a ^ ?n = ?b ^ ?n => f_equal; alike
      | |- / _ = / _ => f_equal; alike
      | |- mean_of _ = mean_of _ => f_equal; alike
      | |- _ * sqrt _ = _ * sqrt _ => f_equal; alike
      end
    | eqn ].

(** Both sides are built alike, of norms and means: equal ones are found, and put one for another. *)
Ltac same :=
  cbv beta;
  first
    [ reflexivity
    | solve [eqn]
    | lazymatch goal with
      | |- norm ?a = ?e => match e with context [norm ?b] => solve [norm_multiple a b e] end
      | |- Rmin _ _ = Rmin _ _ => first [solve [f_equal; same] | rewrite Rmin_comm; f_equal; same]
      | |- Rmin _ _ * _ = Rmin _ _ =>
          first [solve [apply Rmin_times; [nonneg | same | same]] | apply Rmin_times_swapped; [nonneg | same | same]]
      end
    | solve [alike]
    | match goal with
      | |- context [norm ?a] =>
          match goal with
          | |- context [norm ?b] =>
              lazymatch a with b => fail | _ => idtac end; replace (norm a) with (norm b) by same_vector
          end; same
      | |- context [E ?d ?f] =>
          match goal with
          | |- context [E d ?g] =>
              lazymatch f with g => fail | _ => idtac end; replace (E d f) with (E d g) by alike
          end; same
      | |- context [sqrt ?a] =>
          match goal with
          | |- context [sqrt ?b] =>
              lazymatch a with b => fail | _ => idtac end; replace (sqrt a) with (sqrt b) by (f_equal; same)
          end; same
      end ].

(** The words of the model, down to norms and means *)
Ltac words :=
  rewrite ?psi_kappa by assumption;
  unfold smoothness_bound, estimated_bound, task_variance, difference_along in *; cbn [Nat.mul Nat.add Nat.sub] in *.

Ltac conjunctions := repeat match goal with H : _ /\ _ |- _ => destruct H end.

Lemma squares a b : 0 <= a -> a <= b -> a ^ 2 <= b ^ 2.
Proof. intros; apply pow_incr; lra. Qed.

Lemma INR_at_least_1 n : (1 <= n)%nat -> 1 <= INR n.
Proof. intros H; now apply (le_INR 1). Qed.

Ltac given :=
  first
    [ assumption
    | apply INR_at_least_1; assumption
    | intros _; assumption
    | solve [subst; auto]
    | solve [rewrite <- INR_square; subst; simpl; lra]
    | solve [pos]
    | lra
    | solve [auto with signs]
    | solve [nonneg]
    | match goal with
      | H : _ <= _ |- _ <= _ => solve [refine (as_le _ _ _ _ H _ _); roots; eqn]
      end
    | match goal with
      | H : _ <= _, P : 0 < ?L |- _ <= _ =>
          solve [refine (rule_times (4 * L) _ _ _ _ _ H _ _); [nonneg | roots; eqn | roots; eqn]]
      end
    | match goal with
      | H : _ <= _, P : 0 < ?L |- _ <= _ =>
          solve [refine (rule_times L _ _ _ _ _ H _ _); [nonneg | roots; eqn | roots; eqn]]
      end
    | match goal with
      | H : _ <= _ |- _ <= _ => solve [refine (as_le _ _ _ _ H _ _); roots; same]
      | H : _ <= _ |- _ <= _ => solve [refine (as_le _ _ _ _ (squares _ _ _ H) _ _); [nonneg | same | same]]
      end ].
