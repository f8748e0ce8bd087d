(* Real analysis that the proofs share: the mean value theorem in the form of Coquelicot's
   derivative, and the hyperbolic tangent, the logistic function and artanh.

   Nothing here is a statement of the text. tanh is odd, bounded by 1, strictly increasing, its
   chord through 0 gets less steep (tanh_ratio) and its slope is below 1 (tanh_contr); the logistic
   function is tanh in another coordinate, 2 sigmoid(2z) - 1 = tanh z. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions.
Open Scope R_scope.

Lemma mvt (g g' : R -> R) (x y : R) :
  x < y -> (forall c, x <= c <= y -> is_derive g c (g' c)) ->
  exists c, g y - g x = g' c * (y - x) /\ x < c < y.
Proof.
  intros Hxy Hd. apply MVT_cor2; [exact Hxy|].
  intros c Hc. apply is_derive_Reals. now apply Hd.
Qed.

Lemma exp_ge_1_plus x : 1 + x <= exp x.
Proof. apply exp_ineq1_le. Qed.

Lemma exp_inv_mul x : exp x * exp (- x) = 1.
Proof. rewrite <- exp_plus. replace (x + - x) with 0 by ring. apply exp_0. Qed.

Lemma tanh_alt z : tanh z = (exp z - exp (- z)) / (exp z + exp (- z)).
Proof.
  unfold tanh, sinh, cosh. pose proof (exp_pos z). pose proof (exp_pos (- z)).
  field. lra.
Qed.

Lemma tanh_0 : tanh 0 = 0.
Proof. rewrite tanh_alt, Ropp_0, exp_0. field. Qed.

Lemma tanh_opp z : tanh (- z) = - tanh z.
Proof.
  rewrite !tanh_alt, Ropp_involutive.
  pose proof (exp_pos z). pose proof (exp_pos (- z)). field. lra.
Qed.

Lemma tanh_lt_1 z : tanh z < 1.
Proof.
  rewrite tanh_alt. pose proof (exp_pos z). pose proof (exp_pos (- z)).
  apply Rlt_div_l; lra.
Qed.

Lemma tanh_gt_m1 z : -1 < tanh z.
Proof. pose proof (tanh_lt_1 (- z)). rewrite tanh_opp in H. lra. Qed.

Lemma tanh_sq z : 0 < 1 - tanh z ^ 2.
Proof. pose proof (tanh_lt_1 z). pose proof (tanh_gt_m1 z). nra. Qed.

Lemma tanh_derive z : is_derive tanh z (1 - tanh z ^ 2).
Proof.
  pose proof (exp_pos z) as H1. pose proof (exp_pos (- z)) as H2.
  apply (is_derive_ext (fun z => (exp z - exp (- z)) / (exp z + exp (- z)))).
  { intros t. now rewrite tanh_alt. }
  auto_derive. { lra. }
  rewrite tanh_alt. field. lra.
Qed.

Lemma tanh_incr x y : x < y -> tanh x < tanh y.
Proof.
  intros H. destruct (mvt tanh (fun z => 1 - tanh z ^ 2) x y H) as (c & Hc & _).
  { intros; apply tanh_derive. }
  pose proof (tanh_sq c). nra.
Qed.

Lemma tanh_pos z : 0 < z -> 0 < tanh z.
Proof. intros H. rewrite <- tanh_0. now apply tanh_incr. Qed.

(* tanh z / z strictly decreasing on z > 0 *)
Lemma tanh_ratio x y : 0 < x < y -> x * tanh y < y * tanh x.
Proof.
  intros [Hx Hy].
  destruct (mvt tanh (fun z => 1 - tanh z ^ 2) 0 x Hx) as (c1 & H1 & C1).
  { intros; apply tanh_derive. }
  destruct (mvt tanh (fun z => 1 - tanh z ^ 2) x y Hy) as (c2 & H2 & C2).
  { intros; apply tanh_derive. }
  rewrite tanh_0 in H1.
  assert (0 < tanh c1) by (apply tanh_pos; lra).
  assert (tanh c1 < tanh c2) by (apply tanh_incr; lra).
  assert (K : (1 - tanh c2 ^ 2) < (1 - tanh c1 ^ 2)) by nra.
  assert (x * (tanh y - tanh x) < (y - x) * tanh x).
  { rewrite H2. replace (tanh x) with ((1 - tanh c1 ^ 2) * x) by lra.
    assert (0 < x * (y - x)) by (apply Rmult_lt_0_compat; lra). nra. }
  lra.
Qed.

(* slope of tanh is < 1 between two distinct points *)
Lemma tanh_contr_pos x y : 0 <= x < y -> tanh y - tanh x < y - x.
Proof.
  intros [Hx Hy].
  destruct (mvt tanh (fun z => 1 - tanh z ^ 2) x y Hy) as (c & Hc & C).
  { intros; apply tanh_derive. }
  assert (0 < tanh c) by (apply tanh_pos; lra).
  assert (0 < tanh c ^ 2 * (y - x)) by (apply Rmult_lt_0_compat; [nra|lra]). lra.
Qed.

Lemma tanh_contr x y : x < y -> tanh y - tanh x < y - x.
Proof.
  intros H. destruct (Rle_lt_dec 0 x).
  { apply tanh_contr_pos; lra. }
  destruct (Rle_lt_dec y 0).
  { pose proof (tanh_contr_pos (- y) (- x)) as K. rewrite !tanh_opp in K. lra. }
  pose proof (tanh_contr_pos 0 y) as K1. pose proof (tanh_contr_pos 0 (- x)) as K2.
  rewrite tanh_opp in K2. rewrite tanh_0 in *. lra.
Qed.

Lemma sigmoid_pos x : 0 < sigmoid x < 1.
Proof.
  unfold sigmoid. pose proof (exp_pos (- x)). split.
  - apply Rdiv_lt_0_compat; lra.
  - apply Rlt_div_l; lra.
Qed.

Lemma sigmoid_tanh z : 2 * sigmoid (2 * z) - 1 = tanh z.
Proof.
  rewrite tanh_alt. unfold sigmoid.
  replace (- (2 * z)) with (- z + - z) by ring. rewrite exp_plus.
  pose proof (exp_pos z). pose proof (exp_pos (- z)).
  pose proof (exp_inv_mul z) as E.
  assert (D : 0 < exp (- z) * exp (- z)) by nra.
  apply Rminus_diag_uniq.
  replace (2 * (1 / (1 + exp (- z) * exp (- z))) - 1 -
    (exp z - exp (- z)) / (exp z + exp (- z)))
   with (2 * exp (- z) * (1 - exp z * exp (- z)) / ((1 + exp (- z) * exp (- z)) * (exp z + exp (-
     z)))).
  - rewrite E. unfold Rdiv. ring.
  - field. lra.
Qed.

Lemma sigmoid_neg x : sigmoid (- x) = 1 - sigmoid x.
Proof.
  unfold sigmoid. pose proof (exp_pos x). pose proof (exp_pos (- x)).
  pose proof (exp_inv_mul x) as E. rewrite Ropp_involutive.
  apply Rmult_eq_reg_r with ((1 + exp x) * (1 + exp (- x))); [|nra].
  field_simplify; [nra|lra|lra].
Qed.

Lemma sigmoid_injective x y : sigmoid (2 * x) = sigmoid (2 * y) -> x = y.
Proof.
  intros H. assert (T : tanh x = tanh y) by (rewrite <- !sigmoid_tanh, H; reflexivity).
  destruct (Rtotal_order x y) as [C|[C|C]]; [|exact C|]; apply tanh_incr in C; lra.
Qed.

Lemma sigmoid_half z : 1/2 < sigmoid (2 * z) -> 0 < z.
Proof.
  intros H. apply Rnot_le_lt. intros C. pose proof (sigmoid_tanh z).
  assert (tanh z <= 0); [|lra].
  destruct C as [C| ->]; [rewrite <- tanh_0; left; now apply tanh_incr | rewrite tanh_0; lra].
Qed.

Lemma exp_le x y : x <= y -> exp x <= exp y.
Proof. intros [H| ->]; [left; now apply exp_increasing|lra]. Qed.

Lemma ln_le_mono x y : 0 < x -> x <= y -> ln x <= ln y.
Proof. intros Hx [H| ->]; [left; now apply ln_increasing|lra]. Qed.

Lemma tanh_artanh m : -1 < m < 1 -> tanh (artanh m) = m.
Proof.
  intros Hm. rewrite <- sigmoid_tanh. unfold sigmoid, artanh.
  replace (- (2 * (ln ((1 + m) / (1 - m)) / 2))) with (- ln ((1 + m) / (1 - m))) by field.
  rewrite exp_Ropp, exp_ln by (apply Rdiv_lt_0_compat; lra). field. lra.
Qed.

Lemma artanh_pos m : 0 < m < 1 -> 0 < artanh m.
Proof.
  intros Hm. assert (K := tanh_artanh m ltac:(lra)). apply Rnot_le_lt. intros C.
  assert (tanh (artanh m) <= 0); [|lra].
  destruct C as [C| ->]; [rewrite <- tanh_0; left; now apply tanh_incr | rewrite tanh_0; lra].
Qed.

(* the arithmetic and geometric mean of two exponentials, in the form that the bounds need *)
Lemma exp_convex alpha x y : 0 < alpha < 1 ->
  exp (alpha * x + (1 - alpha) * y) <= alpha * exp x + (1 - alpha) * exp y.
Proof.
  intros Ha. set (m := alpha * x + (1 - alpha) * y).
  assert (T : forall v, exp m * (1 + (v - m)) <= exp v).
  { intros v. replace (exp v) with (exp m * exp (v - m)) by (rewrite <- exp_plus; f_equal; ring).
    apply Rmult_le_compat_l; [left; apply exp_pos|apply exp_ge_1_plus]. }
  pose proof (T x) as Tx. pose proof (T y) as Ty.
  assert (alpha * (exp m * (1 + (x - m))) <= alpha * exp x) by (apply Rmult_le_compat_l; lra).
  assert ((1 - alpha) * (exp m * (1 + (y - m))) <= (1 - alpha) * exp y)
    by (apply Rmult_le_compat_l; lra).
  replace (exp m) with
    (alpha * (exp m * (1 + (x - m))) + (1 - alpha) * (exp m * (1 + (y - m)))) by (unfold m; ring).
  lra.
Qed.

Lemma sinh_lower y : 0 <= y -> 2 * y <= exp y - exp (- y).
Proof.
  intros [Hy| <-]; [|rewrite Ropp_0; lra].
  destruct (mvt (fun y => exp y - exp (- y) - 2 * y) (fun y => exp y + exp (- y) - 2) 0 y Hy)
    as (c & E & _).
  { intros. auto_derive; trivial. ring. }
  rewrite Ropp_0, Rmult_0_r in E.
  assert (0 <= exp c + exp (- c) - 2).
  { pose proof (exp_pos c). pose proof (exp_pos (- c)). pose proof (exp_inv_mul c).
    pose proof (pow2_ge_0 (exp c - exp (- c))). nra. }
  nra.
Qed.

Lemma cosh_lower x : 0 <= x -> 2 + x ^ 2 <= exp x + exp (- x).
Proof.
  intros Hx. pose proof (sinh_lower (x / 2)) as S. pose proof (exp_inv_mul (x / 2)) as I.
  replace x with (x / 2 + x / 2) at 2 3 by field. rewrite Ropp_plus_distr, !exp_plus.
  set (p := exp (x / 2)) in *. set (q := exp (- (x / 2))) in *.
  assert (K : x <= p - q) by lra.
  assert (x * x <= (p - q) * (p - q)) by (apply Rmult_le_compat; lra). lra.
Qed.
