(** * Base: inner-product spaces, finite probability, batches

    What the statements in [Claims] are made of, and nothing about learning:
    - a real inner-product space, of any dimension, complete or not;
    - a random outcome with finitely many values, its mean, and the mean of a vector;
    - n independent draws.

    Definitions come first, and are all that has to be read; what follows is proved. *)

From Coq Require Import Reals Lra List.
Import ListNotations.
Open Scope R_scope.

(** ** Vectors *)

(** A real vector space with an inner product. *)
Record space := {
  vector :> Type;
  zero : vector;
  add : vector -> vector -> vector;
  scale : R -> vector -> vector;
  inner : vector -> vector -> R;
  add_comm : forall u v, add u v = add v u;
  add_assoc : forall u v w, add u (add v w) = add (add u v) w;
  add_zero : forall v, add v zero = v;
  add_opposite : forall v, add v (scale (-1) v) = zero;
  scale_one : forall v, scale 1 v = v;
  scale_scale : forall a b v, scale a (scale b v) = scale (a * b) v;
  scale_add : forall a u v, scale a (add u v) = add (scale a u) (scale a v);
  add_scale : forall a b v, scale (a + b) v = add (scale a v) (scale b v);
  inner_sym : forall u v, inner u v = inner v u;
  inner_add : forall u v w, inner (add u v) w = inner u w + inner v w;
  inner_scale : forall a v w, inner (scale a v) w = a * inner v w;
  inner_nonneg : forall v, 0 <= inner v v;
  inner_zero : forall v, inner v v = 0 -> v = zero
}.
Arguments zero {s}.
Arguments add {s} _ _.
Arguments scale {s} _ _.
Arguments inner {s} _ _.

Declare Scope vector_scope.
Delimit Scope vector_scope with V.
Bind Scope vector_scope with vector.
Infix "+" := add : vector_scope.
Infix "*" := scale : vector_scope.

(** u - v *)
Definition sub {V : space} (u v : V) : V := add u (scale (-1) v).
Infix "-" := sub : vector_scope.

(** |v| *)
Definition norm {V : space} (v : V) : R := sqrt (inner v v).

(** A map that keeps sums and multiples. *)
Definition linear {V : space} (A : V -> V) : Prop :=
  (forall u v, A (u + v)%V = (A u + A v)%V) /\ (forall c v, A (c * v)%V = (c * A v)%V).

(** ** Finite probability *)

Definition total (p : list R) : R := fold_right Rplus 0 p.

(** Outcomes of a type, each with its probability. *)
Record law (A : Type) := {
  weighted : list (R * A);
  weights_nonneg : forall p a, In (p, a) weighted -> 0 <= p;
  weights_total : total (map fst weighted) = 1
}.
Arguments weighted {A} _.

Definition sum_of {A : Type} (f : A -> R) (l : list (R * A)) : R :=
  total (map (fun x => fst x * f (snd x)) l).

(** The mean of a number that depends on the outcome. *)
Definition E {A : Type} (d : law A) (f : A -> R) : R := sum_of f (weighted d).

Definition vtotal {V : space} (vs : list V) : V := fold_right add zero vs.

Definition vsum_of {V : space} {A : Type} (f : A -> V) (l : list (R * A)) : V :=
  vtotal (map (fun x => fst x * f (snd x))%V l).

(** The mean of a vector that depends on the outcome. *)
Definition VE {V : space} {A : Type} (d : law A) (f : A -> V) : V := vsum_of f (weighted d).

(** ** Pairs and batches *)

(** One outcome, surely. *)
Program Definition sure {A : Type} (a : A) : law A := {| weighted := [(1, a)] |}.
Next Obligation. now destruct H as [H | []]; injection H as <- _; lra. Qed.
Next Obligation. simpl; lra. Qed.

Definition pairs {A B : Type} (l : list (R * A)) (m : A -> list (R * B)) : list (R * (A * B)) :=
  flat_map (fun x => map (fun y => (fst x * fst y, (snd x, snd y))) (m (snd x))) l.

Lemma total_app p q : total (p ++ q) = total p + total q.
Proof. induction p as [| x p IH]; simpl; [lra | rewrite IH; lra]. Qed.

Lemma total_scale c p : total (map (Rmult c) p) = c * total p.
Proof. induction p as [| x p IH]; simpl; [lra | rewrite IH; lra]. Qed.

Lemma pairs_total {A B : Type} (l : list (R * A)) (m : A -> list (R * B)) :
  (forall a, total (map fst (m a)) = 1) -> total (map fst (pairs l m)) = total (map fst l).
Proof.
  intros Hm; induction l as [| [p a] l IH]; simpl; [reflexivity |].
  rewrite map_app, total_app, IH, map_map; simpl.
  replace (map (fun y : R * B => p * fst y) (m a)) with (map (Rmult p) (map fst (m a))) by now rewrite map_map.
  rewrite total_scale, Hm; lra.
Qed.

(** An outcome, and a second one whose law may depend on the first. *)
Program Definition pair_law {A B : Type} (d : law A) (e : A -> law B) : law (A * B) :=
  {| weighted := pairs (weighted d) (fun a => weighted (e a)) |}.
Next Obligation.
  apply in_flat_map in H as [[q c] [H1 H2]]; simpl in H2.
  apply in_map_iff in H2 as [[r k] [H2 H3]]; injection H2 as <- _ _; simpl.
  apply Rmult_le_pos; [eapply weights_nonneg, H1 | eapply weights_nonneg, H3].
Qed.
Next Obligation.
  rewrite pairs_total by (intros; apply weights_total); apply weights_total.
Qed.

Program Definition image {A B : Type} (g : A -> B) (d : law A) : law B :=
  {| weighted := map (fun x => (fst x, g (snd x))) (weighted d) |}.
Next Obligation.
  apply in_map_iff in H as [[q c] [H1 H2]]; injection H1 as <- _; simpl.
  eapply weights_nonneg, H2.
Qed.
Next Obligation.
  rewrite map_map; simpl; apply weights_total.
Qed.

(** n independent draws, in order. *)
Fixpoint draws {A : Type} (n : nat) (d : law A) : law (list A) :=
  match n with
  | O => sure []
  | S n => image (fun x => fst x :: snd x) (pair_law d (fun _ => draws n d))
  end.

(** The plain mean of a list of numbers, and of vectors. *)
Definition mean_of (l : list R) : R := / INR (length l) * total l.
Definition vmean_of {V : space} (l : list V) : V := (/ INR (length l) * vtotal l)%V.

(** * Proved of these *)

(** ** Inner products *)

Section Inner.
Context {V : space}.
Implicit Types u v w z : V.

Lemma inner_add_r u v z : inner z (u + v)%V = inner z u + inner z v.
Proof. now rewrite inner_sym, inner_add, (inner_sym _ u), (inner_sym _ v). Qed.

Lemma inner_scale_r c v z : inner z (c * v)%V = c * inner z v.
Proof. now rewrite inner_sym, inner_scale, inner_sym. Qed.

Lemma inner_sub_r u v z : inner z (u - v)%V = inner z u - inner z v.
Proof. unfold sub; rewrite inner_add_r, inner_scale_r; ring. Qed.

Lemma inner_sub u v z : inner (u - v)%V z = inner u z - inner v z.
Proof. unfold sub; rewrite inner_add, inner_scale; ring. Qed.

Lemma inner_zero_r z : inner z zero = 0.
Proof.
  rewrite <- (add_opposite V z), inner_add_r, inner_scale_r; ring.
Qed.

Lemma inner_zero_l z : inner zero z = 0.
Proof. now rewrite inner_sym, inner_zero_r. Qed.

(** Two vectors are equal if all inner products with them are: how equality of vectors is decided. *)
Lemma vector_ext u v : (forall z, inner z u = inner z v) -> u = v.
Proof.
  intros H.
  assert (Z : (u - v)%V = zero).
  { apply inner_zero. rewrite inner_sub_r, (H (u - v)%V); ring. }
  rewrite <- (add_zero V v), <- Z; unfold sub.
  rewrite (add_comm V v), <- add_assoc, (add_comm V _ v), add_opposite, add_zero; reflexivity.
Qed.

Lemma norm_nonneg v : 0 <= norm v.
Proof. apply sqrt_pos. Qed.

Lemma norm_square v : norm v ^ 2 = inner v v.
Proof. unfold norm; rewrite pow2_sqrt; [reflexivity | apply inner_nonneg]. Qed.

Lemma norm_zero : norm (zero : V) = 0.
Proof. unfold norm; now rewrite inner_zero_r, sqrt_0. Qed.

Lemma norm_0_zero v : norm v = 0 -> v = zero.
Proof. intros H; apply inner_zero; rewrite <- norm_square, H; ring. Qed.
End Inner.

Ltac vector_by tac := apply vector_ext; let z := fresh "z" in intros z;
  repeat rewrite ?inner_sub_r, ?inner_add_r, ?inner_scale_r, ?inner_zero_r; tac.

(** Equality of linear combinations. *)
Ltac vec := first [reflexivity | vector_by ltac:(ring) | vector_by ltac:(field)].

Section Norm.
Context {V : space}.
Implicit Types u v w z : V.

Lemma norm_scale c v : 0 <= c -> norm (c * v)%V = c * norm v.
Proof.
  intros Hc; unfold norm; rewrite inner_scale, inner_scale_r.
  replace (c * (c * inner v v)) with (c ^ 2 * inner v v) by ring.
  rewrite sqrt_mult; [| apply pow2_ge_0 | apply inner_nonneg].
  now rewrite sqrt_pow2.
Qed.

Lemma norm_opp v : norm (-1 * v)%V = norm v.
Proof. unfold norm; rewrite inner_scale, inner_scale_r; f_equal; ring. Qed.

Lemma norm_sub_comm u v : norm (u - v)%V = norm (v - u)%V.
Proof. rewrite <- norm_opp; f_equal; vec. Qed.

(** Cauchy-Schwarz *)
Lemma cauchy_schwarz u v : inner u v <= norm u * norm v.
Proof.
  assert (P : forall t, 0 <= norm u ^ 2 + 2 * t * inner u v + t ^ 2 * norm v ^ 2).
  { intros t. pose proof (inner_nonneg V (u + t * v)%V) as H.
    rewrite !inner_add, !inner_add_r, !inner_scale, !inner_scale_r, (inner_sym V v u) in H.
    rewrite !norm_square. nra. }
  destruct (Req_dec (norm v) 0) as [Z | Z].
  - rewrite (norm_0_zero _ Z), inner_zero_r, norm_zero; lra.
  - pose proof (norm_nonneg u) as Hu; pose proof (norm_nonneg v) as Hv.
    apply Rnot_lt_le; intros H.
    specialize (P (- inner u v / norm v ^ 2)).
    replace (norm u ^ 2 + 2 * (- inner u v / norm v ^ 2) * inner u v
             + (- inner u v / norm v ^ 2) ^ 2 * norm v ^ 2)
      with ((norm u ^ 2 * norm v ^ 2 - inner u v ^ 2) / norm v ^ 2) in P by (field; lra).
    assert (K : 0 < norm v ^ 2) by (apply pow_lt; lra).
    assert (Q : norm u ^ 2 * norm v ^ 2 - inner u v ^ 2 < 0).
    { assert (0 <= norm u * norm v) by now apply Rmult_le_pos. nra. }
    assert (norm u ^ 2 * norm v ^ 2 - inner u v ^ 2 >= 0); [| lra].
    apply Rle_ge. replace (norm u ^ 2 * norm v ^ 2 - inner u v ^ 2)
      with ((norm u ^ 2 * norm v ^ 2 - inner u v ^ 2) / norm v ^ 2 * norm v ^ 2) by (field; lra).
    apply Rmult_le_pos; lra.
Qed.

Lemma square_le a b : 0 <= b -> a ^ 2 <= b ^ 2 -> a <= b.
Proof. intros Hb H; apply Rnot_lt_le; intros K; nra. Qed.

Lemma norm_triangle u v : norm (u + v)%V <= norm u + norm v.
Proof.
  pose proof (norm_nonneg u); pose proof (norm_nonneg v).
  apply square_le; [lra |].
  rewrite norm_square, inner_add, !inner_add_r, (inner_sym V v u), <- !norm_square.
  pose proof (cauchy_schwarz u v). nra.
Qed.

Lemma norm_add_square u v : norm (u + v)%V ^ 2 = norm u ^ 2 + 2 * inner u v + norm v ^ 2.
Proof. rewrite !norm_square, inner_add, !inner_add_r, (inner_sym V v u); ring. Qed.
End Norm.

(** ** Means *)

Section Mean.
Context {A : Type}.
Implicit Types (d : law A) (f g : A -> R).

Lemma sum_of_add f g l : sum_of (fun a => f a + g a) l = sum_of f l + sum_of g l.
Proof. unfold sum_of; induction l as [| x l IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_of_scale c f l : sum_of (fun a => c * f a) l = c * sum_of f l.
Proof. unfold sum_of; induction l as [| x l IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_of_const c (l : list (R * A)) : sum_of (fun _ => c) l = c * total (map fst l).
Proof. unfold sum_of; induction l as [| x l IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma E_add d f g : E d (fun a => f a + g a) = E d f + E d g.
Proof. apply sum_of_add. Qed.

Lemma E_scale d c f : E d (fun a => c * f a) = c * E d f.
Proof. apply sum_of_scale. Qed.

Lemma E_const d c : E d (fun _ => c) = c.
Proof. unfold E; rewrite sum_of_const, weights_total; ring. Qed.

Lemma sum_of_le_in f g (l : list (R * A)) :
  (forall p a, In (p, a) l -> 0 <= p) -> (forall p a, In (p, a) l -> f a <= g a) -> sum_of f l <= sum_of g l.
Proof.
  unfold sum_of; induction l as [| [p a] l IH]; simpl; intros Hp H; [lra |].
  apply Rplus_le_compat.
  - apply Rmult_le_compat_l; [apply (Hp p a); now left | apply (H p a); now left].
  - apply IH; intros q b K; [apply (Hp q b) | apply (H q b)]; now right.
Qed.

(** Over the outcomes that occur *)
Lemma E_le_in d f g : (forall p a, In (p, a) (weighted d) -> f a <= g a) -> E d f <= E d g.
Proof. apply sum_of_le_in, weights_nonneg. Qed.

Lemma E_le d f g : (forall a, f a <= g a) -> E d f <= E d g.
Proof. intros H; apply E_le_in; intros; apply H. Qed.

Lemma E_ext_in d f g : (forall p a, In (p, a) (weighted d) -> f a = g a) -> E d f = E d g.
Proof. intros H; apply Rle_antisym; apply E_le_in; intros p a K; rewrite (H p a K); lra. Qed.

Lemma E_ext d f g : (forall a, f a = g a) -> E d f = E d g.
Proof. intros H; apply E_ext_in; intros; apply H. Qed.

Lemma E_nonneg d f : (forall a, 0 <= f a) -> 0 <= E d f.
Proof. intros H; rewrite <- (E_const d 0); now apply E_le. Qed.

Lemma E_pos d f : (forall a, 0 < f a) -> 0 < E d f.
Proof.
  intros H; unfold E, sum_of; pose proof (weights_total A d) as T; pose proof (weights_nonneg A d) as P.
  revert T P; generalize (weighted d); intros l T P.
  enough (0 <= total (map (fun x => fst x * f (snd x)) l)
          /\ (total (map (fun x => fst x * f (snd x)) l) = 0 -> total (map fst l) = 0)) as [K1 K2].
  { destruct K1 as [K1 | K1]; [exact K1 | exfalso; rewrite K2 in T; lra]. }
  clear T; induction l as [| [p a] l IH]; simpl; [split; [lra | reflexivity] |].
  destruct IH as [K1 K2]; [intros q b K; apply (P q b); now right |].
  assert (0 <= p) by (apply (P p a); now left).
  assert (0 <= p * f a) by (apply Rmult_le_pos; [assumption | apply Rlt_le, H]).
  split; [lra |]; intros Z.
  rewrite K2 by lra. assert (Q : p * f a = 0) by lra.
  apply Rmult_integral in Q as [Q | Q]; [lra | specialize (H a); lra].
Qed.

Lemma E_sub d f g : E d (fun a => f a - g a) = E d f - E d g.
Proof.
  rewrite (E_ext d _ (fun a => f a + -1 * g a)) by (intros; ring).
  rewrite E_add, E_scale; ring.
Qed.

Context {V : space}.
Implicit Types (x y : A -> V).

(** The inner product with a mean is the mean of the inner products: means of vectors are handled through it. *)
Lemma inner_VE d x (z : V) : inner z (VE d x) = E d (fun a => inner z (x a)).
Proof.
  unfold VE, E, vsum_of, sum_of; induction (weighted d) as [| [p a] l IH]; simpl.
  - apply inner_zero_r.
  - now rewrite inner_add_r, inner_scale_r, IH.
Qed.

Lemma VE_ext d x y : (forall a, x a = y a) -> VE d x = VE d y.
Proof. intros H; apply vector_ext; intros z; rewrite !inner_VE; apply E_ext; intros; now rewrite H. Qed.

Lemma VE_add d x y : VE d (fun a => x a + y a)%V = (VE d x + VE d y)%V.
Proof.
  apply vector_ext; intros z; rewrite inner_add_r, !inner_VE, <- E_add.
  apply E_ext; intros; apply inner_add_r.
Qed.

Lemma VE_sub d x y : VE d (fun a => x a - y a)%V = (VE d x - VE d y)%V.
Proof.
  apply vector_ext; intros z; rewrite inner_sub_r, !inner_VE, <- E_sub.
  apply E_ext; intros; apply inner_sub_r.
Qed.

Lemma VE_scale d c x : VE d (fun a => c * x a)%V = (c * VE d x)%V.
Proof.
  apply vector_ext; intros z; rewrite inner_scale_r, !inner_VE, <- E_scale.
  apply E_ext; intros; apply inner_scale_r.
Qed.

Lemma VE_const d (v : V) : VE d (fun _ => v) = v.
Proof. apply vector_ext; intros z; now rewrite inner_VE, E_const. Qed.

Lemma VE_linear d (B : V -> V) x : linear B -> VE d (fun a => B (x a)) = B (VE d x).
Proof.
  intros [Ba Bs]; unfold VE, vsum_of; induction (weighted d) as [| [p a] l IH]; simpl.
  - assert (Z : (zero : V) = (0 * (zero : V))%V) by vec. rewrite Z, Bs; vec.
  - now rewrite Ba, Bs, IH.
Qed.
End Mean.

(** Jensen: the norm and the square are convex. *)
Lemma norm_VE_le {A : Type} {V : space} (d : law A) (x : A -> V) : norm (VE d x) <= E d (fun a => norm (x a)).
Proof.
  pose proof (E_nonneg d (fun a => norm (x a)) (fun a => norm_nonneg _)) as P.
  destruct (Req_dec (norm (VE d x)) 0) as [Z | Z]; [lra |].
  pose proof (norm_nonneg (VE d x)).
  apply Rmult_le_reg_l with (norm (VE d x)); [lra |].
  replace (norm (VE d x) * norm (VE d x)) with (norm (VE d x) ^ 2) by ring.
  rewrite norm_square, inner_VE, <- E_scale.
  apply E_le; intros; apply cauchy_schwarz.
Qed.

Lemma E_square_le {A : Type} (d : law A) (f : A -> R) : E d f ^ 2 <= E d (fun a => f a ^ 2).
Proof.
  pose proof (E_nonneg d (fun a => (f a - E d f) ^ 2) (fun a => pow2_ge_0 _)) as P.
  rewrite (E_ext d _ (fun a => f a ^ 2 + (-2 * E d f) * f a + E d f ^ 2)) in P by (intros; ring).
  rewrite !E_add, E_scale, E_const in P; lra.
Qed.

(** Cauchy-Schwarz of means *)
Lemma E_cauchy_schwarz {A : Type} (d : law A) (f g : A -> R) :
  E d (fun a => f a * g a) ^ 2 <= E d (fun a => f a ^ 2) * E d (fun a => g a ^ 2).
Proof.
  set (b := E d (fun a => f a * g a)); set (aa := E d (fun a => f a ^ 2)); set (cc := E d (fun a => g a ^ 2)).
  assert (P : forall s t, 0 <= s ^ 2 * aa + 2 * s * t * b + t ^ 2 * cc).
  { intros s t.
    pose proof (E_nonneg d (fun a => (s * f a + t * g a) ^ 2) (fun a => pow2_ge_0 _)) as P.
    rewrite (E_ext d _ (fun a => s ^ 2 * (f a ^ 2) + (2 * s * t) * (f a * g a) + t ^ 2 * (g a ^ 2))) in P
      by (intros; ring).
    now rewrite !E_add, !E_scale in P. }
  assert (Hc : 0 <= cc) by (specialize (P 0 1); lra).
  destruct (Req_dec cc 0) as [Z | Z].
  - pose proof (P b (- (aa + 1))) as Q1. rewrite Z in *.
    assert (0 <= aa) by (specialize (P 1 0); lra). nra.
  - pose proof (P cc (- b)) as Q. assert (0 < cc) by lra. nra.
Qed.

(** Where the second outcome's law depends on the first, the mean over pairs is the mean of the mean. *)
Lemma sum_of_pairs {A B : Type} (l : list (R * A)) (m : A -> list (R * B)) (f : A * B -> R) :
  sum_of f (pairs l m) = sum_of (fun a => sum_of (fun b => f (a, b)) (m a)) l.
Proof.
  unfold sum_of; induction l as [| [p a] l IH]; simpl; [reflexivity |].
  rewrite map_app, total_app, IH, map_map; f_equal; simpl.
  rewrite <- total_scale, !map_map; f_equal; apply map_ext; intros; simpl; ring.
Qed.

Lemma E_pair {A B : Type} (d : law A) (e : A -> law B) (f : A * B -> R) :
  E (pair_law d e) f = E d (fun a => E (e a) (fun b => f (a, b))).
Proof. apply sum_of_pairs. Qed.

Lemma E_image {A B : Type} (g : A -> B) (d : law A) (f : B -> R) : E (image g d) f = E d (fun a => f (g a)).
Proof. unfold E, sum_of; simpl; now rewrite map_map. Qed.

Lemma E_sure {A : Type} (a : A) (f : A -> R) : E (sure a) f = f a.
Proof. unfold E, sum_of; simpl; ring. Qed.

Lemma E_swap {A B : Type} (d : law A) (e : law B) (f : A -> B -> R) :
  E d (fun a => E e (f a)) = E e (fun b => E d (fun a => f a b)).
Proof.
  assert (H : forall l : list (R * A),
    sum_of (fun a => E e (f a)) l = E e (fun b => sum_of (fun a => f a b) l)).
  { induction l as [| [p a] l IH]; unfold sum_of in *; simpl; [now rewrite E_const |].
    rewrite IH, E_add, E_scale; reflexivity. }
  apply H.
Qed.

Lemma E_draws_S {A : Type} n (d : law A) (f : list A -> R) :
  E (draws (S n) d) f = E d (fun a => E (draws n d) (fun l => f (a :: l))).
Proof. simpl; now rewrite E_image, E_pair. Qed.

Lemma draws_length {A : Type} n (d : law A) p l : In (p, l) (weighted (draws n d)) -> length l = n.
Proof.
  revert p l; induction n as [| n IH]; simpl; intros p l H.
  - now destruct H as [H | []]; injection H as _ <-.
  - apply in_map_iff in H as [[q [a m]] [H1 H2]]; injection H1 as _ <-; simpl; f_equal.
    apply in_flat_map in H2 as [[r b] [_ H2]]; apply in_map_iff in H2 as [[s k] [H2 H3]].
    injection H2 as _ _ <-; now apply (IH s).
Qed.

Lemma E_draws_ext {A : Type} n (d : law A) (f g : list A -> R) :
  (forall l, length l = n -> f l = g l) -> E (draws n d) f = E (draws n d) g.
Proof. intros H; apply E_ext_in; intros p l K; apply H, (draws_length n d p l K). Qed.

(** ** Sums of independent draws *)

Section Draws.
Context {A : Type} {V : space} (d : law A).

Lemma inner_vtotal (z : V) l : inner z (vtotal l) = total (map (inner z) l).
Proof. induction l as [| v l IH]; simpl; [apply inner_zero_r | now rewrite inner_add_r, IH]. Qed.

Lemma E_total n (f : A -> R) : E (draws n d) (fun l => total (map f l)) = INR n * E d f.
Proof.
  induction n as [| n IH]; [simpl; rewrite E_sure; simpl; ring |].
  rewrite E_draws_S, S_INR; simpl.
  rewrite (E_ext d _ (fun a => f a + INR n * E d f)); [rewrite E_add, E_const; ring |].
  intros a; rewrite E_add, E_const, IH; reflexivity.
Qed.

(** The second moment of a sum of vectors of mean zero *)
Lemma E_total_square n (x : A -> V) :
  VE d x = zero ->
  E (draws n d) (fun l => norm (vtotal (map x l)) ^ 2) = INR n * E d (fun a => norm (x a) ^ 2).
Proof.
  intros Z; induction n as [| n IH].
  - simpl; rewrite E_sure; simpl; rewrite norm_zero; ring.
  - rewrite E_draws_S, S_INR; simpl map; simpl vtotal.
    rewrite (E_ext d _ (fun a => norm (x a) ^ 2 + INR n * E d (fun a => norm (x a) ^ 2)
                                 + 2 * E (draws n d) (fun l => inner (x a) (vtotal (map x l))))).
    + rewrite !E_add, E_const, E_scale.
      rewrite (E_ext d (fun a => E (draws n d) (fun l => inner (x a) (vtotal (map x l)))) (fun _ => 0)).
      * rewrite E_const; ring.
      * intros a.
        rewrite (E_ext _ _ (fun l => total (map (fun b => inner (x a) (x b)) l)))
          by (intros; now rewrite inner_vtotal, map_map).
        rewrite E_total, <- inner_VE, Z, inner_zero_r; ring.
    + intros a.
      rewrite (E_ext _ _ (fun l => norm (x a) ^ 2 + norm (vtotal (map x l)) ^ 2
                                   + 2 * inner (x a) (vtotal (map x l))))
        by (intros; rewrite norm_add_square; ring).
      rewrite !E_add, E_const, IH, E_scale; ring.
Qed.
End Draws.
