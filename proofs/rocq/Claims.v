(** * Claims: what is proved

    One statement a claim, by hand, beside its name in mamlcheck and the paper's formula. With the definitions of [Base]
    and [Model] this is all that has to be read; a statement assumes only what its proof uses. Numbers are real, sizes
    of batches at least 1. A form at points ([_strong]) has the deviations at the points used; the printed form
    has their bounds everywhere. *)

From Coq Require Import Reals List.
From MamlCheck Require Import Base Model Runs.
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

(** ours.convex.lemma_4_8: the same for convex tasks with M(w) = L + alpha rho E_i |grad f_i(w)| *)
Definition convex_bound alpha L rho w : R := L + alpha * rho * E tasks (fun i => norm (grad i w)).

Definition ours_convex_lemma_4_8 : Prop := forall alpha L rho mu w u,
  0 <= alpha -> alpha * L <= 1 -> 0 <= L -> 0 <= rho -> 0 <= mu ->
  smooth (M := M) L -> differentiable (M := M) -> symmetric (M := M) -> hessian_lipschitz (M := M) rho ->
  least_curvature (M := M) mu ->
  norm (meta_gradient alpha w - meta_gradient alpha u)%V
  <= Rmin (convex_bound alpha L rho w) (convex_bound alpha L rho u) * norm (w - u)%V.

(** ours.inner_steps: the same for N inner steps with
    M_N(w) = (1 + a)^(2N) L + alpha rho (1 + a)^(2N - 1) G E_i |grad f_i(w)|, G = 1 + (1 + a) + ... + (1 + a)^(N - 1) *)
Definition steps_bound alpha L rho (N : nat) (growth : R) w : R :=
  (1 + alpha * L) ^ (2 * N) * L
  + alpha * rho * (1 + alpha * L) ^ (2 * N - 1) * growth * E tasks (fun i => norm (grad i w)).

Definition ours_inner_steps_one : Prop := forall alpha L rho w u,
  0 <= alpha -> 0 <= L -> 0 <= rho ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  norm (meta_gradient alpha w - meta_gradient alpha u)%V
  <= Rmin (steps_bound alpha L rho 1 1 w) (steps_bound alpha L rho 1 1 u) * norm (w - u)%V.

Definition ours_inner_steps_two : Prop := forall alpha L rho w u,
  0 <= alpha -> 0 <= L -> 0 <= rho ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  let G := 1 + (1 + alpha * L) in
  norm (meta_gradient_steps alpha 2 w - meta_gradient_steps alpha 2 u)%V
  <= Rmin (steps_bound alpha L rho 2 G w) (steps_bound alpha L rho 2 G u) * norm (w - u)%V.

Definition ours_inner_steps_three : Prop := forall alpha L rho w u,
  0 <= alpha -> 0 <= L -> 0 <= rho ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  let G := 1 + (1 + alpha * L) + (1 + alpha * L) ^ 2 in
  norm (meta_gradient_steps alpha 3 w - meta_gradient_steps alpha 3 u)%V
  <= Rmin (steps_bound alpha L rho 3 G w) (steps_bound alpha L rho 3 G u) * norm (w - u)%V.

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

(** ours.two_samples.lemma_4_10: for D_in = 2 on a line, where every vector is a multiple of one of length 1, the same
    is at most (3 sqrt 3 / 8) alpha L sigma~ *)
Definition ours_two_samples_lemma_4_10_strong : Prop := forall (e : M) alpha L w i n_D_in n_D_o,
  norm e = 1 -> (forall v : M, v = (inner e v * e)%V) -> n_D_in = 2%nat ->
  0 <= alpha -> 0 <= L -> (1 <= n_D_o)%nat -> smooth (M := M) L ->
  norm (mean_noisy_gradient alpha w i n_D_in n_D_o - adapted_gradient alpha w i)%V
  <= alpha * L * sqrt (27 * gradient_deviation i w ^ 2 / 64).

Definition ours_two_samples_lemma_4_10 : Prop := forall (e : M) alpha L sigma_tilde w i n_D_in n_D_o,
  norm e = 1 -> (forall v : M, v = (inner e v * e)%V) -> n_D_in = 2%nat ->
  0 <= alpha -> 0 <= L -> 0 <= sigma_tilde -> (1 <= n_D_o)%nat ->
  smooth (M := M) L -> gradient_deviation_at_most (M := M) sigma_tilde ->
  norm (mean_noisy_gradient alpha w i n_D_in n_D_o - adapted_gradient alpha w i)%V
  <= alpha * L * sqrt (27 * sigma_tilde ^ 2 / 64).

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

(** hf_error: |H_i(w) v - (grad f_i(w + delta v) - grad f_i(w - delta v)) / (2 delta)| <= rho delta |v|^2 *)
Definition hf_error : Prop := forall rho delta w v i,
  0 <= rho -> 0 < delta -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  norm (hess i w v - difference_along (grad i) delta w v)%V <= rho * delta * norm v ^ 2.

(** ours.hf_error.half: the same, at most half of it *)
Definition ours_hf_error_half : Prop := forall rho delta w v i,
  0 <= rho -> 0 < delta -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  norm (hess i w v - difference_along (grad i) delta w v)%V <= rho * delta * norm v ^ 2 / 2.

(** ours.hf_error.large_step: for T = rho delta |v| >= 2L, at most (2L - 2 L^2 / T) |v| *)
Definition ours_hf_error_large_step : Prop := forall L rho delta w v i,
  0 < L -> 0 < rho -> 0 < delta -> 2 * L <= rho * delta * norm v ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  norm (hess i w v - difference_along (grad i) delta w v)%V <= 2 * L * norm v - 2 * L ^ 2 / (rho * delta).

(** ** How adapted gradients spread among tasks *)

Section Moments.
Variables (alpha L : R) (w : M).

(** x = w - alpha grad f(w), the step that is common to all tasks *)
Definition common_step : M := (w - alpha * VE tasks (fun i => grad i w))%V.

(** sigma^2 = (a sigma(w)^2 + sigma(x)^2) / (1 + a), a = alpha L: a mean of the variances among tasks at w and at x *)
Definition step_variance : R :=
  (alpha * L * task_variance w + task_variance common_step) / (1 + alpha * L).

(** E g, the mean of g_i = grad f_i(w - alpha grad f_i(w)) *)
Definition mean_adapted_gradient : M := VE tasks (fun i => adapted_gradient alpha w i).
End Moments.

(** ours.moments.spread: E |g_i - E g|^2 <= (1 + a)^2 sigma^2 *)
Definition ours_moments_spread : Prop := forall alpha L w,
  0 < alpha -> 0 <= L -> smooth (M := M) L ->
  E tasks (fun i => norm (adapted_gradient alpha w i - mean_adapted_gradient alpha w)%V ^ 2)
  <= (1 + alpha * L) ^ 2 * step_variance alpha L w.

(** ours.moments.mean: (1 - a) |E g| <= |grad F(w)| + a (1 + a) sigma *)
Definition ours_moments_mean : Prop := forall alpha L w,
  0 < alpha -> 0 <= L -> smooth (M := M) L -> differentiable (M := M) ->
  (1 - alpha * L) * norm (mean_adapted_gradient alpha w)
  <= norm (meta_gradient alpha w) + alpha * L * (1 + alpha * L) * sqrt (step_variance alpha L w).

(** ours.moments.start: (1 - a)^2 E_i |grad f_i(w)| <= |grad F(w)| + a (1 + a) sigma + (1 - a) sigma(w) *)
Definition ours_moments_start : Prop := forall alpha L w,
  0 < alpha -> alpha * L <= 1 -> 0 <= L -> smooth (M := M) L -> differentiable (M := M) ->
  (1 - alpha * L) ^ 2 * E tasks (fun i => norm (grad i w))
  <= norm (meta_gradient alpha w) + alpha * L * (1 + alpha * L) * sqrt (step_variance alpha L w)
     + (1 - alpha * L) * sqrt (task_variance w).

(** ours.floors.fo_maml: |grad F(w) - E g| <= a (|E g| + (1 + a) sigma) *)
Definition ours_floors_fo_maml : Prop := forall alpha L w,
  0 < alpha -> 0 <= L -> smooth (M := M) L -> differentiable (M := M) ->
  norm (meta_gradient alpha w - mean_adapted_gradient alpha w)%V
  <= alpha * L * (norm (mean_adapted_gradient alpha w) + (1 + alpha * L) * sqrt (step_variance alpha L w)).

(** ours.floors.hf_maml: (1 - a) |D - grad F(w)| <= (eta / 2) ((1 + a) sigma + |D|) for
    D = E_i (g_i - alpha d_i(w; g_i)) *)
Definition mean_full_hf_maml alpha rho eta w : M :=
  VE tasks (fun i => adapted_gradient alpha w i - alpha * difference eta rho alpha i w (adapted_gradient alpha w i))%V.

Definition ours_floors_hf_maml : Prop := forall alpha L rho eta w,
  0 <= alpha -> alpha * L <= 1 -> 0 <= L -> 0 <= rho -> 0 < eta ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  (1 - alpha * L) * norm (mean_full_hf_maml alpha rho eta w - meta_gradient alpha w)%V
  <= eta / 2 * ((1 + alpha * L) * sqrt (step_variance alpha L w) + norm (mean_full_hf_maml alpha rho eta w)).

(** ** One step of an algorithm: what it gains, by the moments of its direction *)

Section Step.
Variables (alpha : R) (w : M) (n_D_in n_D_o n_D_h : nat).

(** v = grad f_i(w_i, D_o), w_i = w - alpha grad f_i(w, D_in): the direction of FO-MAML for one task *)
Definition outer_gradient i (D_in D_o : list (sample M)) : M :=
  batch_grad i D_o (w - alpha * batch_grad i D_in w)%V.

(** (I - alpha H_i(w, D_h)) v: that of MAML *)
Definition maml i (D_in D_o D_h : list (sample M)) : M :=
  (outer_gradient i D_in D_o - alpha * batch_hess i D_h w (outer_gradient i D_in D_o))%V.

(** v - alpha d_i(w, D_h; v): that of HF-MAML *)
Definition hf_maml rho eta i (D_in D_o D_h : list (sample M)) : M :=
  (outer_gradient i D_in D_o - alpha * batch_difference eta rho alpha i D_h w (outer_gradient i D_in D_o))%V.

(** D and V: mean and second moment of a direction, over the task and its batches *)
Definition mean_fo_maml : M :=
  VE tasks (fun i => VE (batches n_D_in i) (fun D_in => VE (batches n_D_o i) (fun D_o => outer_gradient i D_in D_o))).
Definition square_fo_maml : R :=
  E tasks (fun i => E (batches n_D_in i) (fun D_in => E (batches n_D_o i) (fun D_o =>
    norm (outer_gradient i D_in D_o) ^ 2))).
Definition mean_maml : M :=
  VE tasks (fun i => VE (batches n_D_in i) (fun D_in => VE (batches n_D_o i) (fun D_o =>
    VE (batches n_D_h i) (fun D_h =>
    maml i D_in D_o D_h)))).
Definition square_maml : R :=
  E tasks (fun i => E (batches n_D_in i) (fun D_in => E (batches n_D_o i) (fun D_o => E (batches n_D_h i) (fun D_h =>
    norm (maml i D_in D_o D_h) ^ 2)))).

Definition mean_hf_maml rho eta : M :=
  VE tasks (fun i => VE (batches n_D_in i) (fun D_in => VE (batches n_D_o i) (fun D_o =>
    VE (batches n_D_h i) (fun D_h =>
    hf_maml rho eta i D_in D_o D_h)))).
Definition square_hf_maml rho eta : R :=
  E tasks (fun i => E (batches n_D_in i) (fun D_in => E (batches n_D_o i) (fun D_o => E (batches n_D_h i) (fun D_h =>
    norm (hf_maml rho eta i D_in D_o D_h) ^ 2)))).

(** E |d_i(w, D_h; v) - d_i(w; v)|^2 *)
Definition difference_noise rho eta : R :=
  E tasks (fun i => E (batches n_D_in i) (fun D_in => E (batches n_D_o i) (fun D_o => E (batches n_D_h i) (fun D_h =>
    norm (batch_difference eta rho alpha i D_h w (outer_gradient i D_in D_o)
          - difference eta rho alpha i w (outer_gradient i D_in D_o))%V ^ 2)))).

(** E |(H_i(w, D_h) - H_i(w)) v|^2 *)
Definition hessian_noise : R :=
  E tasks (fun i => E (batches n_D_in i) (fun D_in => E (batches n_D_o i) (fun D_o => E (batches n_D_h i) (fun D_h =>
    norm (batch_hess i D_h w (outer_gradient i D_in D_o) - hess i w (outer_gradient i D_in D_o))%V ^ 2)))).

(** E_i sigma~_i(w)^2 / D_in and E_i E sigma~_i(w_i)^2 / D_o: what the inner and the outer batches add *)
Definition inner_noise : R := E tasks (fun i => gradient_deviation i w ^ 2) / INR n_D_in.
Definition outer_noise : R := E tasks (fun i => variance_at_adapted alpha w i n_D_in) / INR n_D_o.
End Step.

(** T = |D|^2 + (V - |D|^2) / B, the second moment of the mean of B directions *)
Definition batch_square (D : M) (V : R) (n_step : nat) : R := norm D ^ 2 + (V - norm D ^ 2) / INR n_step.

(** L(w) (c E beta~ <grad F(w), D> - (L(w) / 2) c^2 E beta~^2 T): at most L(w) times what a step gains *)
Definition sure_decrease alpha L rho c w n_tasks n_D_beta (D : M) (T : R) : R :=
  smoothness_bound alpha L rho w *
  (c * mean_step alpha L rho w n_tasks n_D_beta * inner (meta_gradient alpha w) D
   - smoothness_bound alpha L rho w / 2 * c ^ 2 * mean_square_step alpha L rho w n_tasks n_D_beta * T).

(** ours.general_descent: (2/5) c (|grad F|^2 + |D|^2) <= that + (49/80) c |D - grad F|^2 + (371/400) c^2 T *)
Definition ours_general_descent_maml : Prop := forall alpha L rho c w n_D_in n_D_o n_D_h n_tasks n_D_beta n_step,
  0 <= alpha -> 0 < L -> 0 <= rho -> 0 < c -> (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat ->
  (1 <= n_step)%nat -> enough_draws alpha L rho w n_tasks n_D_beta ->
  let D := mean_maml alpha w n_D_in n_D_o n_D_h in
  let T := batch_square D (square_maml alpha w n_D_in n_D_o n_D_h) n_step in
  2 / 5 * c * (norm (meta_gradient alpha w) ^ 2 + norm D ^ 2)
  <= sure_decrease alpha L rho c w n_tasks n_D_beta D T
     + 49 / 80 * c * norm (D - meta_gradient alpha w)%V ^ 2 + 371 / 400 * c ^ 2 * T.

Definition ours_general_descent_fo_maml : Prop := forall alpha L rho c w n_D_in n_D_o n_tasks n_D_beta n_step,
  0 <= alpha -> 0 < L -> 0 <= rho -> 0 < c -> (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat ->
  (1 <= n_step)%nat -> enough_draws alpha L rho w n_tasks n_D_beta ->
  let D := mean_fo_maml alpha w n_D_in n_D_o in
  let T := batch_square D (square_fo_maml alpha w n_D_in n_D_o) n_step in
  2 / 5 * c * (norm (meta_gradient alpha w) ^ 2 + norm D ^ 2)
  <= sure_decrease alpha L rho c w n_tasks n_D_beta D T
     + 49 / 80 * c * norm (D - meta_gradient alpha w)%V ^ 2 + 371 / 400 * c ^ 2 * T.

Definition ours_general_descent_hf_maml : Prop := forall alpha L rho eta c w n_D_in n_D_o n_D_h n_tasks n_D_beta n_step,
  0 <= alpha -> 0 < L -> 0 <= rho -> 0 < eta -> 0 < c -> (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat ->
  (1 <= n_step)%nat -> enough_draws alpha L rho w n_tasks n_D_beta ->
  let D := mean_hf_maml alpha w n_D_in n_D_o n_D_h rho eta in
  let T := batch_square D (square_hf_maml alpha w n_D_in n_D_o n_D_h rho eta) n_step in
  2 / 5 * c * (norm (meta_gradient alpha w) ^ 2 + norm D ^ 2)
  <= sure_decrease alpha L rho c w n_tasks n_D_beta D T
     + 49 / 80 * c * norm (D - meta_gradient alpha w)%V ^ 2 + 371 / 400 * c ^ 2 * T.

(** ours.descent.maml: |grad F|^2 / 21 <= decrease + .0353 sigma^2 / B + .0120 t^2 / B + .0040 s^2, c = 1/12,
    t^2 = E sigma~_i(w_i)^2 / D_o, s^2 = E sigma~_i(w)^2 / D_in *)
Definition ours_descent_maml : Prop := forall alpha L rho w n_D_in n_D_o n_D_h n_tasks n_D_beta n_step,
  0 <= alpha -> 6 * alpha * L <= 1 -> 0 < L -> 0 <= rho ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat -> (1 <= n_step)%nat -> 20 <= INR n_step ->
  enough_draws alpha L rho w n_tasks n_D_beta ->
  2 * alpha ^ 2 * hessian_noise alpha w n_D_in n_D_o n_D_h <= square_fo_maml alpha w n_D_in n_D_o ->
  smooth (M := M) L -> differentiable (M := M) ->
  let D := mean_maml alpha w n_D_in n_D_o n_D_h in
  let T := batch_square D (square_maml alpha w n_D_in n_D_o n_D_h) n_step in
  norm (meta_gradient alpha w) ^ 2 / 21
  <= sure_decrease alpha L rho (1 / 12) w n_tasks n_D_beta D T
     + 353 / 10000 * step_variance alpha L w / INR n_step
     + 120 / 10000 * outer_noise alpha w n_D_in n_D_o / INR n_step
     + 40 / 10000 * inner_noise w n_D_in.

(** ours.descent.maml_any_rate, g = 1 - a, any c <= 2/5:
    (3/10) c g^2 |grad F|^2 <= g^2 (decrease + (49/80) c (1 + a)^2 a^2 s^2)
    + (371/400) (c^2 / B) ((1 + a)^2 + 1/2) ((2 g^2 + 4 a^2) (1 + a)^2 sigma^2 + g^2 (2 a^2 s^2 + t^2)) *)
Definition ours_descent_maml_any_rate : Prop := forall alpha L rho c w n_D_in n_D_o n_D_h n_tasks n_D_beta n_step,
  let a := alpha * L in
  0 <= alpha -> alpha * L <= 1 -> 0 < L -> 0 <= rho -> 0 < c -> 5 * c <= 2 ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat -> (1 <= n_step)%nat ->
  371 / 20 * c * (2 * (1 + alpha * L) ^ 2 + 1) <= INR n_step * (1 - alpha * L) ^ 2 ->
  enough_draws alpha L rho w n_tasks n_D_beta ->
  2 * alpha ^ 2 * hessian_noise alpha w n_D_in n_D_o n_D_h <= square_fo_maml alpha w n_D_in n_D_o ->
  smooth (M := M) L -> differentiable (M := M) ->
  let D := mean_maml alpha w n_D_in n_D_o n_D_h in
  let T := batch_square D (square_maml alpha w n_D_in n_D_o n_D_h) n_step in
  3 / 10 * c * (1 - a) ^ 2 * norm (meta_gradient alpha w) ^ 2
  <= (1 - a) ^ 2 * (sure_decrease alpha L rho c w n_tasks n_D_beta D T
                    + 49 / 80 * c * (1 + a) ^ 2 * a ^ 2 * inner_noise w n_D_in)
     + 371 / 400 * c ^ 2 / INR n_step * ((1 + a) ^ 2 + 1 / 2)
       * ((2 * (1 - a) ^ 2 + 4 * a ^ 2) * (1 + a) ^ 2 * step_variance alpha L w
          + (1 - a) ^ 2 * (2 * a ^ 2 * inner_noise w n_D_in + outer_noise alpha w n_D_in n_D_o)).

(** ours.descent.fo_maml: |grad F|^2 / 49 <= decrease + .2034 a^2 sigma^2 + .0071 sigma^2 / B + .0029 t^2 / B + .0014
    s^2, c = 1/18 *)
Definition ours_descent_fo_maml : Prop := forall alpha L rho w n_D_in n_D_o n_tasks n_D_beta n_step,
  0 <= alpha -> 10 * alpha * L <= 1 -> 0 < L -> 0 <= rho ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_step)%nat -> 20 <= INR n_step ->
  enough_draws alpha L rho w n_tasks n_D_beta ->
  smooth (M := M) L -> differentiable (M := M) ->
  let D := mean_fo_maml alpha w n_D_in n_D_o in
  let T := batch_square D (square_fo_maml alpha w n_D_in n_D_o) n_step in
  norm (meta_gradient alpha w) ^ 2 / 49
  <= sure_decrease alpha L rho (1 / 18) w n_tasks n_D_beta D T
     + 2034 / 10000 * (alpha * L) ^ 2 * step_variance alpha L w
     + 71 / 10000 * step_variance alpha L w / INR n_step
     + 29 / 10000 * outer_noise alpha w n_D_in n_D_o / INR n_step
     + 14 / 10000 * inner_noise w n_D_in.

(** ours.descent.hf_maml: |grad F|^2 / 42 <= decrease + eta^2 (.1574 sigma^2 + .0803 t^2) + .0082 sigma^2 / B
    + .0028 t^2 / B + .0140 s^2, eta <= 1/6, c = 1/25 *)
Definition ours_descent_hf_maml : Prop := forall alpha L rho eta w n_D_in n_D_o n_D_h n_tasks n_D_beta n_step,
  0 <= alpha -> 6 * alpha * L <= 1 -> 0 < L -> 0 <= rho -> 0 < eta -> 6 * eta <= 1 ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat -> (1 <= n_step)%nat -> 20 <= INR n_step ->
  enough_draws alpha L rho w n_tasks n_D_beta ->
  2 * alpha ^ 2 * difference_noise alpha w n_D_in n_D_o n_D_h rho eta <= square_fo_maml alpha w n_D_in n_D_o ->
  smooth (M := M) L -> differentiable (M := M) -> hessian_lipschitz (M := M) rho ->
  let D := mean_hf_maml alpha w n_D_in n_D_o n_D_h rho eta in
  let T := batch_square D (square_hf_maml alpha w n_D_in n_D_o n_D_h rho eta) n_step in
  norm (meta_gradient alpha w) ^ 2 / 42
  <= sure_decrease alpha L rho (1 / 25) w n_tasks n_D_beta D T
     + eta ^ 2 * (1574 / 10000 * step_variance alpha L w + 803 / 10000 * outer_noise alpha w n_D_in n_D_o)
     + 82 / 10000 * step_variance alpha L w / INR n_step
     + 28 / 10000 * outer_noise alpha w n_D_in n_D_o / INR n_step
     + 140 / 10000 * inner_noise w n_D_in.

(** ** Whole runs: the theorems of the paper with their numbers

    A run makes n_run steps from w_0, w_{k+1} = w_k - c beta~(w_k) times the mean direction of n_step tasks.
    [iterates] is the law of w_K, K uniform on 0, ..., n_run - 1. *)

Section Runs.
Variables (alpha L rho sigma sigma_tilde : R).

(** Assumptions 4.3 to 4.6, of which a theorem on MAML and HF-MAML adds what it needs of Hessians *)
Definition assumptions : Prop :=
  0 <= alpha /\ 0 < L /\ 0 <= rho /\ 0 <= sigma /\ 0 <= sigma_tilde /\
  smooth (M := M) L /\ differentiable (M := M) /\ hessian_lipschitz (M := M) rho /\ objective_lines (M := M) alpha /\
  task_variance_at_most (M := M) sigma /\ gradient_deviation_at_most (M := M) sigma_tilde.

(** As many draws for the step size as Lemma 4.9 asks for at every point *)
Definition enough_draws_everywhere n_tasks n_D_beta : Prop :=
  (1 <= n_tasks)%nat /\ (1 <= n_D_beta)%nat /\
  alpha ^ 2 * rho ^ 2 * sigma ^ 2 <= 2 * L ^ 2 * INR n_tasks /\
  4 * alpha ^ 2 * rho ^ 2 * sigma_tilde ^ 2 <= L ^ 2 * INR n_D_beta.

(** No point is lower than w_0 by more than Delta *)
Definition gap_at_most w_0 (Delta : R) : Prop :=
  0 <= Delta /\ forall w, objective alpha w_0 - objective alpha w <= Delta.

Definition maml_run n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run w_0 : law M :=
  iterates alpha L rho (1 / 12) n_D_in n_D_o n_D_h n_step n_tasks n_D_beta
    (fun w i D_in D_o D_h => maml alpha w i D_in D_o D_h) n_run w_0.
Definition fo_maml_run n_D_in n_D_o n_step n_tasks n_D_beta n_run w_0 : law M :=
  iterates alpha L rho (1 / 18) n_D_in n_D_o 1 n_step n_tasks n_D_beta
    (fun w i D_in D_o _ => outer_gradient alpha w i D_in D_o) n_run w_0.
Definition hf_maml_run eta n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run w_0 : law M :=
  iterates alpha L rho (1 / 25) n_D_in n_D_o n_D_h n_step n_tasks n_D_beta
    (fun w i D_in D_o D_h => hf_maml alpha w rho eta i D_in D_o D_h) n_run w_0.

(** E |grad F(w_K)|^2 / L(w_K), and E |grad F(w_K)| *)
Definition mean_weighted_square (run : law M) : R :=
  E run (fun w => norm (meta_gradient alpha w) ^ 2 / smoothness_bound alpha L rho w).
Definition mean_size (run : law M) : R := E run (fun w => norm (meta_gradient alpha w)).

(** What the batches cost: the residuals R of the three theorems *)
Definition residual_maml n_D_in n_D_o n_step : R :=
  353 / 10000 * sigma ^ 2 / INR n_step + 120 / 10000 * sigma_tilde ^ 2 / (INR n_step * INR n_D_o)
  + 40 / 10000 * sigma_tilde ^ 2 / INR n_D_in.
Definition residual_fo_maml n_D_in n_D_o n_step : R :=
  2034 / 10000 * (alpha * L) ^ 2 * sigma ^ 2 + 71 / 10000 * sigma ^ 2 / INR n_step
  + 29 / 10000 * sigma_tilde ^ 2 / (INR n_step * INR n_D_o) + 14 / 10000 * sigma_tilde ^ 2 / INR n_D_in.
Definition residual_hf_maml eta n_D_in n_D_o n_step : R :=
  eta ^ 2 * (1574 / 10000 * sigma ^ 2 + 803 / 10000 * sigma_tilde ^ 2 / INR n_D_o) + 82 / 10000 * sigma ^ 2 / INR n_step
  + 28 / 10000 * sigma_tilde ^ 2 / (INR n_step * INR n_D_o) + 140 / 10000 * sigma_tilde ^ 2 / INR n_D_in.

(** 4L + 2 rho alpha (l_0 sigma + l_1 eps), with (l_0, l_1) = (37, 36) / 25 for alpha <= 1 / (6L) and
    (101, 100) / 81 for alpha <= 1 / (10L): what L(w) is where the gradient of F is eps *)
Definition bound_at eps : R := 4 * L + 2 * alpha * rho * (36 * eps + 37 * sigma) / 25.
Definition bound_at_10 eps : R := 4 * L + 2 * alpha * rho * (100 * eps + 101 * sigma) / 81.
End Runs.

(** ours.theorem_4_12.sum, of MAML: (1/21) E |grad F(w_K)|^2 / L(w_K) <= Delta / T + R / (4L) *)
Definition ours_theorem_4_12_sum : Prop := forall alpha L rho sigma sigma_tilde o sigma_H Delta w_0
    n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run,
  assumptions alpha L rho sigma sigma_tilde -> 6 * alpha * L <= 1 -> 20 <= INR n_step ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat -> (1 <= n_step)%nat -> (1 <= n_run)%nat ->
  enough_draws_everywhere alpha L rho sigma sigma_tilde n_tasks n_D_beta -> gap_at_most alpha w_0 Delta ->
  0 <= sigma_H -> bounds_hessian_noise (M := M) o -> hessian_deviation_at_most (M := M) o sigma_H ->
  2 * alpha ^ 2 * sigma_H ^ 2 <= INR n_D_h ->
  mean_weighted_square alpha L rho (maml_run alpha L rho n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run w_0) / 21
  <= Delta / INR n_run + residual_maml sigma sigma_tilde n_D_in n_D_o n_step / (4 * L).

(** ours.theorem_4_12.accuracy: E |grad F(w_K)| <= eps where
    (Delta / T + R / (4L)) (Lambda + lambda eps) <= eps^2 / 21 *)
Definition ours_theorem_4_12_accuracy : Prop := forall alpha L rho sigma sigma_tilde o sigma_H Delta eps w_0
    n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run,
  assumptions alpha L rho sigma sigma_tilde -> 6 * alpha * L <= 1 -> 20 <= INR n_step ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat -> (1 <= n_step)%nat -> (1 <= n_run)%nat ->
  enough_draws_everywhere alpha L rho sigma sigma_tilde n_tasks n_D_beta -> gap_at_most alpha w_0 Delta ->
  0 <= sigma_H -> bounds_hessian_noise (M := M) o -> hessian_deviation_at_most (M := M) o sigma_H ->
  2 * alpha ^ 2 * sigma_H ^ 2 <= INR n_D_h ->
  0 < eps -> (Delta / INR n_run + residual_maml sigma sigma_tilde n_D_in n_D_o n_step / (4 * L))
  * bound_at alpha L rho sigma eps <= eps ^ 2 / 21 ->
  mean_size alpha (maml_run alpha L rho n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run w_0) <= eps.

(** ours.corollary_4_13: E |grad F(w_K)| <= eps for B >= 3 M_0 sigma^2 / eps^2, D_in and B D_o >= 1.35 M_0 sigma~^2 /
    eps^2, T >= 168 M_0 L Delta / eps^2, M_0 = 1 + (rho alpha / 2L) (l_0 sigma + l_1 eps) *)
Definition ours_corollary_4_13 : Prop := forall alpha L rho sigma sigma_tilde o sigma_H Delta eps w_0
    n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run,
  assumptions alpha L rho sigma sigma_tilde -> 6 * alpha * L <= 1 -> 20 <= INR n_step ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat -> (1 <= n_step)%nat -> (1 <= n_run)%nat ->
  enough_draws_everywhere alpha L rho sigma sigma_tilde n_tasks n_D_beta -> gap_at_most alpha w_0 Delta ->
  0 <= sigma_H -> bounds_hessian_noise (M := M) o -> hessian_deviation_at_most (M := M) o sigma_H ->
  2 * alpha ^ 2 * sigma_H ^ 2 <= INR n_D_h ->
  let M_0 := bound_at alpha L rho sigma eps / (4 * L) in
  0 < eps -> 168 * M_0 * L * Delta <= INR n_run * eps ^ 2 -> 3 * M_0 * sigma ^ 2 <= INR n_step * eps ^ 2 ->
  135 / 100 * M_0 * sigma_tilde ^ 2 <= INR n_step * INR n_D_o * eps ^ 2 ->
  135 / 100 * M_0 * sigma_tilde ^ 2 <= INR n_D_in * eps ^ 2 ->
  mean_size alpha (maml_run alpha L rho n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run w_0) <= eps.

(** ours.remark_4_14: E |grad F^(w_K)| <= eps + 2 a sigma~ / sqrt(D_test) + a alpha sigma_H sigma~ / D_test,
    a = alpha L *)
Definition ours_remark_4_14 : Prop := forall alpha L rho sigma sigma_tilde o sigma_H Delta eps (e : M) n_D_test w_0
    n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run,
  assumptions alpha L rho sigma sigma_tilde -> 6 * alpha * L <= 1 -> 20 <= INR n_step ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat -> (1 <= n_step)%nat -> (1 <= n_run)%nat ->
  enough_draws_everywhere alpha L rho sigma sigma_tilde n_tasks n_D_beta -> gap_at_most alpha w_0 Delta ->
  0 <= sigma_H -> bounds_hessian_noise (M := M) o -> hessian_deviation_at_most (M := M) o sigma_H ->
  2 * alpha ^ 2 * sigma_H ^ 2 <= INR n_D_h ->
  0 < eps -> (Delta / INR n_run + residual_maml sigma sigma_tilde n_D_in n_D_o n_step / (4 * L))
  * bound_at alpha L rho sigma eps <= eps ^ 2 / 21 ->
  norm e = 1 -> symmetric (M := M) -> (1 <= n_D_test)%nat ->
  E (maml_run alpha L rho n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run w_0)
    (fun w => norm (batch_meta_gradient n_D_test alpha w))
  <= eps + alpha * L * sigma_tilde * (2 + alpha * sigma_H / sqrt (INR n_D_test)) / sqrt (INR n_D_test).

(** ours.theorem_4_15.sum, of FO-MAML: (1/49) E |grad F(w_K)|^2 / L(w_K) <= Delta / T + R / (4L) *)
Definition ours_theorem_4_15_sum : Prop := forall alpha L rho sigma sigma_tilde Delta w_0
    n_D_in n_D_o n_step n_tasks n_D_beta n_run,
  assumptions alpha L rho sigma sigma_tilde -> 10 * alpha * L <= 1 -> 20 <= INR n_step ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_step)%nat -> (1 <= n_run)%nat ->
  enough_draws_everywhere alpha L rho sigma sigma_tilde n_tasks n_D_beta -> gap_at_most alpha w_0 Delta ->
  mean_weighted_square alpha L rho (fo_maml_run alpha L rho n_D_in n_D_o n_step n_tasks n_D_beta n_run w_0) / 49
  <= Delta / INR n_run + residual_fo_maml alpha L sigma sigma_tilde n_D_in n_D_o n_step / (4 * L).

(** ours.theorem_4_15.accuracy: E |grad F(w_K)| <= eps where
    (Delta / T + R / (4L)) (Lambda + lambda eps) <= eps^2 / 49 *)
Definition ours_theorem_4_15_accuracy : Prop := forall alpha L rho sigma sigma_tilde Delta eps w_0
    n_D_in n_D_o n_step n_tasks n_D_beta n_run,
  assumptions alpha L rho sigma sigma_tilde -> 10 * alpha * L <= 1 -> 20 <= INR n_step ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_step)%nat -> (1 <= n_run)%nat ->
  enough_draws_everywhere alpha L rho sigma sigma_tilde n_tasks n_D_beta -> gap_at_most alpha w_0 Delta ->
  0 < eps -> (Delta / INR n_run + residual_fo_maml alpha L sigma sigma_tilde n_D_in n_D_o n_step / (4 * L))
  * bound_at_10 alpha L rho sigma eps <= eps ^ 2 / 49 ->
  mean_size alpha (fo_maml_run alpha L rho n_D_in n_D_o n_step n_tasks n_D_beta n_run w_0) <= eps.

(** ours.corollary_4_16: the same for eps >= 4.6 sqrt(M_0) a sigma, a = alpha L, B >= 1 / a^2,
    D_in and B D_o >= sigma~^2 / (a sigma)^2, T >= 19 Delta / (alpha^2 sigma^2 L) *)
Definition ours_corollary_4_16 : Prop := forall alpha L rho sigma sigma_tilde Delta eps w_0
    n_D_in n_D_o n_step n_tasks n_D_beta n_run,
  assumptions alpha L rho sigma sigma_tilde -> 10 * alpha * L <= 1 -> 20 <= INR n_step ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_step)%nat -> (1 <= n_run)%nat ->
  enough_draws_everywhere alpha L rho sigma sigma_tilde n_tasks n_D_beta -> gap_at_most alpha w_0 Delta ->
  let M_0 := bound_at_10 alpha L rho sigma eps / (4 * L) in
  0 < eps -> 19 * Delta <= INR n_run * (alpha ^ 2 * sigma ^ 2 * L) ->
  sigma ^ 2 <= INR n_step * (alpha * L) ^ 2 * sigma ^ 2 ->
  sigma_tilde ^ 2 <= INR n_step * INR n_D_o * (alpha * L * sigma) ^ 2 ->
  sigma_tilde ^ 2 <= INR n_D_in * (alpha * L * sigma) ^ 2 ->
  (46 / 10) ^ 2 * M_0 * (alpha * L * sigma) ^ 2 <= eps ^ 2 ->
  mean_size alpha (fo_maml_run alpha L rho n_D_in n_D_o n_step n_tasks n_D_beta n_run w_0) <= eps.

(** ours.theorem_4_17.sum, of HF-MAML: (1/42) E |grad F(w_K)|^2 / L(w_K) <= Delta / T + R / (4L) *)
Definition ours_theorem_4_17_sum : Prop := forall alpha L rho sigma sigma_tilde o sigma_H eta Delta w_0
    n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run,
  assumptions alpha L rho sigma sigma_tilde -> 6 * alpha * L <= 1 -> 20 <= INR n_step ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat -> (1 <= n_step)%nat -> (1 <= n_run)%nat ->
  enough_draws_everywhere alpha L rho sigma sigma_tilde n_tasks n_D_beta -> gap_at_most alpha w_0 Delta ->
  0 <= sigma_H -> bounds_hessian_noise (M := M) o -> hessian_deviation_at_most (M := M) o sigma_H ->
  samples_differentiable (M := M) -> 2 * alpha ^ 2 * sigma_H ^ 2 <= INR n_D_h -> 0 < eta -> 6 * eta <= 1 ->
  mean_weighted_square alpha L rho
    (hf_maml_run alpha L rho eta n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run w_0) / 42
  <= Delta / INR n_run + residual_hf_maml sigma sigma_tilde eta n_D_in n_D_o n_step / (4 * L).

(** ours.theorem_4_17.accuracy: E |grad F(w_K)| <= eps where
    (Delta / T + R / (4L)) (Lambda + lambda eps) <= eps^2 / 42 *)
Definition ours_theorem_4_17_accuracy : Prop := forall alpha L rho sigma sigma_tilde o sigma_H eta Delta eps w_0
    n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run,
  assumptions alpha L rho sigma sigma_tilde -> 6 * alpha * L <= 1 -> 20 <= INR n_step ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat -> (1 <= n_step)%nat -> (1 <= n_run)%nat ->
  enough_draws_everywhere alpha L rho sigma sigma_tilde n_tasks n_D_beta -> gap_at_most alpha w_0 Delta ->
  0 <= sigma_H -> bounds_hessian_noise (M := M) o -> hessian_deviation_at_most (M := M) o sigma_H ->
  samples_differentiable (M := M) -> 2 * alpha ^ 2 * sigma_H ^ 2 <= INR n_D_h -> 0 < eta -> 6 * eta <= 1 ->
  0 < eps -> (Delta / INR n_run + residual_hf_maml sigma sigma_tilde eta n_D_in n_D_o n_step / (4 * L))
  * bound_at alpha L rho sigma eps <= eps ^ 2 / 42 ->
  mean_size alpha (hf_maml_run alpha L rho eta n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run w_0) <= eps.

(** ours.theorem_4_17.repaired: the same for eta^2 M_0 (27 sigma^2 + 14 sigma~^2 / D_o) <= eps^2, B >= 4.3 M_0
    sigma^2 / eps^2, D_in and B D_o >= 4.3 M_0 sigma~^2 / eps^2, T >= 336 M_0 L Delta / eps^2 *)
Definition ours_theorem_4_17_repaired : Prop := forall alpha L rho sigma sigma_tilde o sigma_H eta Delta eps w_0
    n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run,
  assumptions alpha L rho sigma sigma_tilde -> 6 * alpha * L <= 1 -> 20 <= INR n_step ->
  (1 <= n_D_in)%nat -> (1 <= n_D_o)%nat -> (1 <= n_D_h)%nat -> (1 <= n_step)%nat -> (1 <= n_run)%nat ->
  enough_draws_everywhere alpha L rho sigma sigma_tilde n_tasks n_D_beta -> gap_at_most alpha w_0 Delta ->
  0 <= sigma_H -> bounds_hessian_noise (M := M) o -> hessian_deviation_at_most (M := M) o sigma_H ->
  samples_differentiable (M := M) -> 2 * alpha ^ 2 * sigma_H ^ 2 <= INR n_D_h -> 0 < eta -> 6 * eta <= 1 ->
  let M_0 := bound_at alpha L rho sigma eps / (4 * L) in
  0 < eps -> eta ^ 2 * M_0 * (27 * sigma ^ 2 + 14 * sigma_tilde ^ 2 / INR n_D_o) <= eps ^ 2 ->
  336 * M_0 * L * Delta <= INR n_run * eps ^ 2 -> 43 / 10 * M_0 * sigma ^ 2 <= INR n_step * eps ^ 2 ->
  43 / 10 * M_0 * sigma_tilde ^ 2 <= INR n_step * INR n_D_o * eps ^ 2 ->
  43 / 10 * M_0 * sigma_tilde ^ 2 <= INR n_D_in * eps ^ 2 ->
  mean_size alpha (hf_maml_run alpha L rho eta n_D_in n_D_o n_D_h n_step n_tasks n_D_beta n_run w_0) <= eps.
End Claims.
