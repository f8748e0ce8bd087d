(* T2, GDA-thm-stationarity: which points of the axis are stationary.

   Hypotheses: 0 < alpha < 1 and separation > 0. [stationary alpha separation t] says that the
   derivative of the landscape along the axis vanishes at t; that this is the same as being a
   stationary point of the landscape in R^d is [axis_stationary] of Axis.v.

   [stationarity]       t is stationary iff t = sigmoid(h + separation (2t - 1));
   [stationarity_tanh]  with m = 2t - 1, iff m = tanh((h + separation m) / 2), the mean-field
                        equation of Curie and Weiss;
   [stationarity_at_0]  at separation 0 every t is stationary, so the hypothesis is needed. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis Mixture.
Open Scope R_scope.

Lemma weights alpha separation t : 0 < alpha < 1 ->
  exp (- (log_odds alpha + separation * (2 * t - 1)))
  * ((1 - alpha) * exp (- separation * (1 - t)^2)) = alpha * exp (- separation * t^2).
Proof.
  intros Ha. rewrite Ropp_plus_distr, exp_plus, exp_log_odds by assumption.
  replace (alpha / (1 - alpha) * exp (- (separation * (2 * t - 1)))
           * ((1 - alpha) * exp (- separation * (1 - t) ^ 2)))
    with (alpha * (exp (- (separation * (2 * t - 1))) * exp (- separation * (1 - t) ^ 2)))
    by (field; lra).
  rewrite <- exp_plus. do 2 f_equal. ring.
Qed.

Lemma slope_factor alpha separation t : 0 < alpha < 1 ->
  slope alpha separation t = 2 * separation * ((1 - alpha) * exp (- separation * (1 - t)^2))
             * (1 - t * (1 + exp (- (log_odds alpha + separation * (2 * t - 1))))).
Proof. intros Ha. unfold slope. rewrite <- (weights alpha separation t Ha). ring. Qed.

Theorem stationarity alpha separation t : 0 < alpha < 1 -> 0 < separation ->
  (stationary alpha separation t <-> t = sigmoid (log_odds alpha + separation * (2 * t - 1))).
Proof.
  intros Ha HL. rewrite stationary_slope, slope_factor by assumption. unfold sigmoid.
  set (E := exp (- (log_odds alpha + separation * (2 * t - 1)))).
  assert (HE : 0 < E) by apply exp_pos.
  set (B := exp (- separation * (1 - t) ^ 2)). assert (HB : 0 < B) by apply exp_pos.
  assert (HK : 0 < 2 * separation * ((1 - alpha) * B)).
  { apply Rmult_lt_0_compat; [lra|]. apply Rmult_lt_0_compat; lra. }
  split; intros K.
  - apply Rmult_integral in K. destruct K as [K|K]; [lra|].
    apply Rmult_eq_reg_r with (1 + E); [|lra]. field_simplify; lra.
  - rewrite K at 1. field_simplify; lra.
Qed.

Theorem stationarity_tanh alpha separation t : 0 < alpha < 1 -> 0 < separation ->
  (stationary alpha separation t
   <-> 2 * t - 1 = tanh ((log_odds alpha + separation * (2 * t - 1)) / 2)).
Proof.
  intros Ha HL. rewrite stationarity by assumption. rewrite <- sigmoid_tanh.
  replace (2 * ((log_odds alpha + separation * (2 * t - 1)) / 2))
    with (log_odds alpha + separation * (2 * t - 1)) by field.
  split; lra.
Qed.

Theorem stationarity_at_0 alpha t : 0 < alpha < 1 -> stationary alpha 0 t.
Proof. intros Ha. apply stationary_slope; [exact Ha|]. unfold slope. ring. Qed.

(* stationary points are the roots of F, with t = sigmoid (2 z) and 2 t - 1 = tanh z *)
Lemma stationary_root alpha separation t : 0 < alpha < 1 -> 0 < separation ->
  (stationary alpha separation t
   <-> exists z, t = sigmoid (2 * z) /\ F (log_odds alpha) separation z = 0).
Proof.
  intros Ha HL. rewrite stationarity by assumption. split.
  - intros K. exists ((log_odds alpha + separation * (2 * t - 1)) / 2).
    set (z := (log_odds alpha + separation * (2 * t - 1)) / 2).
    assert (K' : t = sigmoid (2 * z)). { rewrite K at 1. f_equal. unfold z. field. }
    split; [exact K'|]. unfold F. rewrite <- sigmoid_tanh, <- K'. unfold z. field.
  - intros (z & K & R). unfold F in R. rewrite <- sigmoid_tanh, <- K in R.
    rewrite K at 1. f_equal. lra.
Qed.

Lemma stationary_of_root alpha separation z : 0 < alpha < 1 -> 0 < separation ->
  (stationary alpha separation (sigmoid (2 * z)) <-> F (log_odds alpha) separation z = 0).
Proof.
  intros Ha HL. rewrite stationary_root by assumption. split.
  - intros (y & E & R). apply sigmoid_injective in E. now subst y.
  - intros R. now exists z.
Qed.
