(** * Claims: what is proved

    One statement a claim, by hand, beside its name in mamlcheck and the paper's formula. With the definitions of [Base]
    and [Model] this is all that has to be read; a statement assumes only what its proof uses. Numbers are real, sizes
    of batches at least 1. A form at points ([_strong]) has the deviations at the points used; the printed form
    has their bounds everywhere. *)

From Coq Require Import Reals List.
From MamlCheck Require Import Base Model.
Open Scope R_scope.

Section Claims.
Variable M : model.
Implicit Types (alpha L rho : R) (w u v : M) (i : task M).

(** ** Lemma 4.8 *)

(** lemma_4_8: |grad F(w) - grad F(u)| <= min(L(w), L(u)) |w - u| *)
Definition lemma_4_8 : Prop := forall alpha L rho w u,
  0 <= alpha -> alpha * L <= 1 -> 0 <= L -> 0 <= rho ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  norm (meta_gradient alpha w - meta_gradient alpha u)%V
  <= Rmin (smoothness_bound alpha L rho w) (smoothness_bound alpha L rho u) * norm (w - u)%V.

(** ours.lemma_4_8: the same with M(w) = (1 + a)^2 L + alpha rho (1 + a) E_i |grad f_i(w)|, a = alpha L *)
Definition sharper_bound alpha L rho w : R :=
  (1 + alpha * L) ^ 2 * L + alpha * rho * (1 + alpha * L) * E tasks (fun i => norm (grad i w)).

Definition ours_lemma_4_8 : Prop := forall alpha L rho w u,
  0 <= alpha -> 0 <= L -> 0 <= rho ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  norm (meta_gradient alpha w - meta_gradient alpha u)%V
  <= Rmin (sharper_bound alpha L rho w) (sharper_bound alpha L rho u) * norm (w - u)%V.

(** ** Lemma 4.9: moments of the step size beta~ = 1 / L~(w) *)

Section Lemma_4_9.
Variables (alpha L rho : R) (w : M) (n_tasks n_D_beta : nat).

(** As many tasks and samples as the lemma asks for, with the variances at w *)
Definition enough_draws : Prop :=
  (1 <= n_tasks)%nat /\ (1 <= n_D_beta)%nat /\
  alpha ^ 2 * rho ^ 2 * task_variance w <= 2 * L ^ 2 * INR n_tasks /\
  4 * alpha ^ 2 * rho ^ 2 * E tasks (fun i => gradient_deviation i w ^ 2) <= L ^ 2 * INR n_D_beta.

Definition mean_step : R := E (step_draws M n_tasks n_D_beta) (fun S => / estimated_bound alpha L rho w S).
Definition mean_square_step : R := E (step_draws M n_tasks n_D_beta) (fun S => / estimated_bound alpha L rho w S ^ 2).
End Lemma_4_9.

(** lemma_4_9.first_moment: 0.8 / L(w) <= E beta~ *)
Definition lemma_4_9_first_moment : Prop := forall alpha L rho w n_tasks n_D_beta,
  0 <= alpha -> 0 < L -> 0 <= rho -> enough_draws alpha L rho w n_tasks n_D_beta ->
  4 / (5 * smoothness_bound alpha L rho w) <= mean_step alpha L rho w n_tasks n_D_beta.

(** lemma_4_9.second_moment: E beta~^2 <= 3.125 / L(w)^2 *)
Definition lemma_4_9_second_moment : Prop := forall alpha L rho w n_tasks n_D_beta,
  0 <= alpha -> 0 < L -> 0 <= rho -> enough_draws alpha L rho w n_tasks n_D_beta ->
  mean_square_step alpha L rho w n_tasks n_D_beta <= 25 / (8 * smoothness_bound alpha L rho w ^ 2).

(** ours.lemma_4_9.first_moment: E beta~ <= 49 / (40 L(w)) *)
Definition ours_lemma_4_9_first_moment : Prop := forall alpha L rho w n_tasks n_D_beta,
  0 <= alpha -> 0 < L -> 0 <= rho -> enough_draws alpha L rho w n_tasks n_D_beta ->
  mean_step alpha L rho w n_tasks n_D_beta <= 49 / (40 * smoothness_bound alpha L rho w).

(** ours.lemma_4_9.second_moment: E beta~^2 <= 1.855 / L(w)^2 *)
Definition ours_lemma_4_9_second_moment : Prop := forall alpha L rho w n_tasks n_D_beta,
  0 <= alpha -> 0 < L -> 0 <= rho -> enough_draws alpha L rho w n_tasks n_D_beta ->
  mean_square_step alpha L rho w n_tasks n_D_beta <= 371 / (200 * smoothness_bound alpha L rho w ^ 2).

(** ** Lemma 4.10: the gradient at the noisily adapted parameter w_i = w - alpha grad f_i(w, D_in) *)

Section Lemma_4_10.
Variables (alpha : R) (w : M) (i : task M) (n_D_in n_D_o : nat).

(** g = grad f_i(w - alpha grad f_i(w)) *)
Definition adapted_gradient : M := grad i (w - alpha * grad i w)%V.

(** E grad f_i(w_i, D_o) *)
Definition mean_noisy_gradient : M :=
  VE (batches n_D_in i) (fun D_in => VE (batches n_D_o i) (fun D_o =>
    batch_grad i D_o (w - alpha * batch_grad i D_in w)%V)).

(** E |grad f_i(w_i, D_o)|^2 *)
Definition noisy_second_moment : R :=
  E (batches n_D_in i) (fun D_in => E (batches n_D_o i) (fun D_o =>
    norm (batch_grad i D_o (w - alpha * batch_grad i D_in w)%V) ^ 2)).

(** E sigma~_i(w_i)^2 *)
Definition variance_at_adapted : R :=
  E (batches n_D_in i) (fun D_in => gradient_deviation i (w - alpha * batch_grad i D_in w)%V ^ 2).
End Lemma_4_10.

(** lemma_4_10.bias: |E grad f_i(w_i, D_o) - g| <= alpha L sigma~ / sqrt(D_in) *)
Definition lemma_4_10_bias_strong : Prop := forall alpha L w i n_D_in n_D_o,
  0 <= alpha -> 0 <= L -> (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> smooth (M := M) L ->
  norm (mean_noisy_gradient alpha w i n_D_in n_D_o - adapted_gradient alpha w i)%V
  <= alpha * L * gradient_deviation i w / sqrt (INR n_D_in).

Definition lemma_4_10_bias : Prop := forall alpha L sigma_tilde w i n_D_in n_D_o,
  0 <= alpha -> 0 <= L -> 0 <= sigma_tilde -> (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat ->
  smooth (M := M) L -> gradient_deviation_at_most (M := M) sigma_tilde ->
  norm (mean_noisy_gradient alpha w i n_D_in n_D_o - adapted_gradient alpha w i)%V
  <= alpha * L * sigma_tilde / sqrt (INR n_D_in).

(** ours.lemma_4_10.bias: the same, at most psi(alpha sigma~_i(w) / sqrt(D_in)) *)
Definition ours_lemma_4_10_bias : Prop := forall alpha L rho w i n_D_in n_D_o,
  0 <= alpha -> 0 <= L -> 0 <= rho -> (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  norm (mean_noisy_gradient alpha w i n_D_in n_D_o - adapted_gradient alpha w i)%V
  <= psi L rho (alpha * gradient_deviation i w / sqrt (INR n_D_in)).

(** lemma_4_10.second_moment:
    E |grad f_i(w_i, D_o)|^2 <= (1 + 1/phi) |g|^2 + (1 + phi) alpha^2 L^2 sigma~^2 / D_in + sigma~^2 / D_o *)
Definition lemma_4_10_second_moment_strong : Prop := forall alpha L phi w i n_D_in n_D_o,
  0 <= alpha -> 0 <= L -> 0 < phi -> (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> smooth (M := M) L ->
  noisy_second_moment alpha w i n_D_in n_D_o
  <= (1 + 1 / phi) * norm (adapted_gradient alpha w i) ^ 2
     + (1 + phi) * (alpha * L) ^ 2 * gradient_deviation i w ^ 2 / INR n_D_in
     + variance_at_adapted alpha w i n_D_in / INR n_D_o.

Definition lemma_4_10_second_moment : Prop := forall alpha L phi sigma_tilde w i n_D_in n_D_o,
  0 <= alpha -> 0 <= L -> 0 < phi -> 0 <= sigma_tilde -> (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat ->
  smooth (M := M) L -> gradient_deviation_at_most (M := M) sigma_tilde ->
  noisy_second_moment alpha w i n_D_in n_D_o
  <= (1 + 1 / phi) * norm (adapted_gradient alpha w i) ^ 2
     + (1 + phi) * (alpha * L) ^ 2 * sigma_tilde ^ 2 / INR n_D_in
     + sigma_tilde ^ 2 / INR n_D_o.

(** ours.lemma_4_10.second_moment:
    the same, at most |g|^2 + 2 |g| psi(alpha sigma~ / sqrt(D_in)) + alpha^2 L^2 sigma~^2 / D_in + sigma~^2 / D_o *)
Definition ours_lemma_4_10_second_moment : Prop := forall alpha L rho w i n_D_in n_D_o,
  0 <= alpha -> 0 <= L -> 0 <= rho -> (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  noisy_second_moment alpha w i n_D_in n_D_o
  <= norm (adapted_gradient alpha w i) ^ 2
     + 2 * norm (adapted_gradient alpha w i) * psi L rho (alpha * gradient_deviation i w / sqrt (INR n_D_in))
     + (alpha * L) ^ 2 * gradient_deviation i w ^ 2 / INR n_D_in
     + variance_at_adapted alpha w i n_D_in / INR n_D_o.

(** ** Theorem 4.11: F^ has nearly the gradient of F *)

(** theorem_4_11: |grad F^(w) - grad F(w)| <= 2 alpha L sigma~ / sqrt(D_test) + alpha^2 L sigma_H sigma~ / D_test.
    That some vector [e] has length 1 says that the dimension is at least 1. *)
Definition theorem_4_11_strong : Prop := forall (e : M) alpha L o w n_D_test,
  norm e = 1 -> 0 < alpha -> alpha * L <= 1 -> 0 <= L -> (1 <= n_D_test)%nat ->
  smooth (M := M) L -> differentiable (M := M) -> symmetric (M := M) -> bounds_hessian_noise (M := M) o ->
  norm (batch_meta_gradient n_D_test alpha w - meta_gradient alpha w)%V
  <= 2 * alpha * L * E tasks (fun i => gradient_deviation i w) / sqrt (INR n_D_test)
     + alpha ^ 2 * L * E tasks (fun i => gradient_deviation i w * hessian_deviation o i w) / INR n_D_test.

Definition theorem_4_11 : Prop := forall (e : M) alpha L o sigma_tilde sigma_H w n_D_test,
  norm e = 1 -> 0 < alpha -> alpha * L <= 1 -> 0 <= L -> 0 <= sigma_tilde -> 0 <= sigma_H -> (1 <= n_D_test)%nat ->
  smooth (M := M) L -> differentiable (M := M) -> symmetric (M := M) -> bounds_hessian_noise (M := M) o ->
  gradient_deviation_at_most (M := M) sigma_tilde -> hessian_deviation_at_most (M := M) o sigma_H ->
  norm (batch_meta_gradient n_D_test alpha w - meta_gradient alpha w)%V
  <= 2 * alpha * L * sigma_tilde / sqrt (INR n_D_test) + alpha ^ 2 * L * sigma_H * sigma_tilde / INR n_D_test.

(** ours.theorem_4_11: the same, at most E_i a S_i sqrt((1 + a)^2 + alpha^2 sigma_H,i^2 / D_test), a = alpha L and
    S_i = sigma~_i / sqrt(D_test) *)
Definition ours_theorem_4_11 : Prop := forall (e : M) alpha L o w n_D_test,
  norm e = 1 -> 0 < alpha -> 0 <= L -> (1 <= n_D_test)%nat ->
  smooth (M := M) L -> differentiable (M := M) -> symmetric (M := M) -> bounds_hessian_noise (M := M) o ->
  norm (batch_meta_gradient n_D_test alpha w - meta_gradient alpha w)%V
  <= alpha * L / sqrt (INR n_D_test) * E tasks (fun i =>
       gradient_deviation i w * sqrt ((1 + alpha * L) ^ 2 + alpha ^ 2 * hessian_deviation o i w ^ 2 / INR n_D_test)).

(** ** The Hessian-vector product of HF-MAML *)

(** [grad f_i(w + delta v) - grad f_i(w - delta v)] / (2 delta) *)
Definition difference_quotient delta i w v : M :=
  (/ (2 * delta) * (grad i (w + delta * v) - grad i (w - delta * v)))%V.

(** hf_error: |H_i(w) v - quotient| <= rho delta |v|^2 *)
Definition hf_error : Prop := forall rho delta w v i,
  0 <= rho -> 0 < delta -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  norm (hess i w v - difference_quotient delta i w v)%V <= rho * delta * norm v ^ 2.

(** ours.hf_error.half: the same, at most half of it *)
Definition ours_hf_error_half : Prop := forall rho delta w v i,
  0 <= rho -> 0 < delta -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  norm (hess i w v - difference_quotient delta i w v)%V <= rho * delta * norm v ^ 2 / 2.

(** ours.hf_error.large_step: for T = rho delta |v| >= 2L, at most (2L - 2 L^2 / T) |v| *)
Definition ours_hf_error_large_step : Prop := forall L rho delta w v i,
  0 < L -> 0 < rho -> 0 < delta -> 2 * L <= rho * delta * norm v ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  norm (hess i w v - difference_quotient delta i w v)%V <= 2 * L * norm v - 2 * L ^ 2 / (rho * delta).
End Claims.
