(* T4, GDA-thm-uniqueness: when the alignment point is the only global minimiser, on the axis.

   Hypotheses: 0 < alpha < 1 and separation > 0 (at separation 0 every t names the same point; the
   statement about points of R^d, separation 0 included, is [uniqueness_space] of Axis.v).

   [uniqueness]        there is one minimiser iff alpha <> 1/2 or separation <= 2;
   [uniqueness_sign]   then sign(2 t - 1) = sign(h);
   [uniqueness_two]    at alpha = 1/2, separation > 2 there are exactly two, t and 1 - t;
   [uniqueness_sign_fails]  there the sign rule fails, so its hypothesis is needed;
   [uniqueness_limit]  as alpha -> 1/2 from below the minimiser tends to the greater of the two;
   [coordinate_exists] GDA-def-alignment-point: the coordinate t of the definition (the key-side
                       minimiser, 1 - alpha at separation 0) exists, is one, and 0 < t < 1. *)
From Coq Require Import Reals Lra Psatz Lia Classical.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis Mixture Stationarity Root.
Open Scope R_scope.

Lemma minimiser_exists alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  exists t, 0 <= t <= 1 /\ minimiser alpha separation t.
Proof.
  intros Ha HL.
  destruct (continuity_ab_maj (mixture alpha separation) 0 1) as (t & M & Ht). { lra. } { intros;
    apply mixture_cont. }
  exists t. split; [exact Ht|]. apply minimiser_iff; [assumption|]. intros s.
  destruct (Rlt_le_dec s 0) as [C|C].
  { apply Rle_trans with (mixture alpha separation 0); [|apply M; lra]. apply mixture_outward;
    try assumption; nra. }
  destruct (Rlt_le_dec 1 s) as [C'|C'].
  { apply Rle_trans with (mixture alpha separation 1); [|apply M; lra]. apply mixture_outward;
    try assumption; nra. }
  apply M. lra.
Qed.

Lemma minimiser_sep_0 alpha t : 0 < alpha < 1 -> minimiser alpha 0 t.
Proof. intros Ha. apply minimiser_iff; [assumption|]. intros s. rewrite !mixture_sep_0. lra. Qed.

Lemma minimiser_slope alpha separation t : 0 < alpha < 1 -> minimiser alpha separation t ->
  slope alpha separation t = 0.
Proof.
  intros Ha M. rewrite minimiser_iff in M by assumption.
  assert (D : derivable_pt_lim (mixture alpha separation) t (slope alpha separation t))
    by apply is_derive_Reals, mixture_derive.
  pose (pr := exist (fun l => derivable_pt_abs (mixture alpha separation) t l) (slope alpha
    separation t) D : derivable_pt (mixture alpha separation) t).
  change (derive_pt (mixture alpha separation) t pr = 0).
  apply (deriv_maximum (mixture alpha separation) (t - 1) (t + 1)); try lra. intros; apply M.
Qed.

Lemma minimiser_stationary alpha separation t : 0 < alpha < 1 ->
  minimiser alpha separation t -> stationary alpha separation t.
Proof. intros Ha M. apply stationary_slope; [exact Ha|]. now apply minimiser_slope. Qed.

Lemma minimiser_root alpha separation t : 0 < alpha < 1 -> 0 < separation ->
  minimiser alpha separation t ->
  exists z, t = sigmoid (2 * z) /\ F (log_odds alpha) separation z = 0.
Proof. intros Ha HL M. apply stationary_root; try assumption. now apply minimiser_stationary. Qed.

Lemma minimiser_interior alpha separation t : 0 < alpha < 1 -> 0 < separation ->
  minimiser alpha separation t -> 0 < t < 1.
Proof.
  intros Ha HL M. destruct (minimiser_root alpha separation t Ha HL M) as (z & -> & _).
  apply sigmoid_pos.
Qed.

Lemma minimiser_side alpha separation t : 0 < alpha < 1/2 -> 0 < separation ->
  minimiser alpha separation t -> 1/2 < t.
Proof.
  intros Ha HL M.
  destruct (Rtotal_order t (1/2)) as [C|[C|C]]; [exfalso|exfalso|exact C].
  - rewrite minimiser_iff in M by lra. specialize (M (1 - t)). unfold mixture in M.
    replace (1 - (1 - t)) with t in M by ring.
    assert (exp (- separation * (1 - t) ^ 2) < exp (- separation * t ^ 2)).
    { apply exp_increasing. nra. }
    nra.
  - apply minimiser_slope in M; [|lra]. unfold slope in M. subst t.
    replace (1 - 1/2) with (1/2) in M by field.
    pose proof (exp_pos (- separation * (1/2)^2)) as E.
    assert (0 < separation * (1 - 2 * alpha) * exp (- separation * (1/2)^2)).
    { apply Rmult_lt_0_compat; [|exact E]. apply Rmult_lt_0_compat; lra. }
    lra.
Qed.

Lemma unique_below_half alpha separation : 0 < alpha < 1/2 -> 0 < separation ->
  forall t s, minimiser alpha separation t -> minimiser alpha separation s -> t = s.
Proof.
  intros Ha HL t s Mt Ms.
  pose proof (minimiser_side alpha separation t Ha HL Mt) as St.
  pose proof (minimiser_side alpha separation s Ha HL Ms) as Ss.
  apply minimiser_root in Mt; [|lra|assumption]. apply minimiser_root in Ms; [|lra|assumption].
  destruct Mt as (z & -> & Rz). destruct Ms as (y & -> & Ry).
  apply sigmoid_half in St. apply sigmoid_half in Ss.
  rewrite (F_one_positive_root (log_odds alpha) separation z y); try assumption; try lra.
  left. now apply log_odds_pos.
Qed.

Lemma unique_minimiser alpha separation : 0 < alpha < 1 -> 0 < separation ->
  alpha <> 1/2 \/ separation <= 2 -> exists! t, minimiser alpha separation t.
Proof.
  intros Ha HL H. destruct (minimiser_exists alpha separation) as (t & _ & M); [assumption|lra|].
  exists t. split; [exact M|]. intros s Ms.
  destruct (Rtotal_order alpha (1/2)) as [C|[C|C]].
  - apply (unique_below_half alpha separation); try assumption; lra.
  - destruct H as [H|H]; [lra|].
    apply minimiser_root in M; try assumption. apply minimiser_root in Ms; try assumption.
    destruct M as (z & -> & Rz). destruct Ms as (y & -> & Ry).
    destruct (F_unique_root (log_odds alpha) separation) as (r & _ & U). { lra. }
    now rewrite <- (U z Rz), <- (U y Ry).
  - apply minimiser_mirror in M. apply minimiser_mirror in Ms.
    assert (1 - t = 1 - s) by (apply (unique_below_half (1 - alpha) separation); try assumption;
      lra). lra.
Qed.

Lemma minimiser_half separation t : 0 < separation <= 2 -> minimiser (1/2) separation t -> t = 1/2.
Proof.
  intros HL M. assert (M' := minimiser_mirror _ _ _ M). replace (1 - 1/2) with (1/2) in M' by field.
  destruct (unique_minimiser (1/2) separation) as (r & _ & U); [lra|lra|right; lra|].
  pose proof (U t M). pose proof (U (1 - t) M'). lra.
Qed.

Lemma sign_pos x : 0 < x -> sign x = 1.
Proof. intros; now apply sign_eq_1. Qed.
Lemma sign_neg x : x < 0 -> sign x = -1.
Proof. intros; now apply sign_eq_m1. Qed.

Theorem uniqueness_sign alpha separation t : 0 < alpha < 1 -> 0 < separation ->
  alpha <> 1/2 \/ separation <= 2 -> minimiser alpha separation t ->
    sign (2 * t - 1) = sign (log_odds alpha).
Proof.
  intros Ha HL H M. destruct (Rtotal_order alpha (1/2)) as [C|[C|C]].
  - assert (0 < log_odds alpha) by (apply log_odds_pos; lra).
    assert (1/2 < t) by (apply (minimiser_side alpha separation); try assumption; lra).
    rewrite !sign_pos by lra. reflexivity.
  - subst alpha. destruct H as [H|H]; [lra|].
    rewrite (minimiser_half separation t); [|lra|assumption].
    rewrite log_odds_half. f_equal. field.
  - apply minimiser_mirror in M. pose proof (minimiser_side (1 - alpha) separation (1 - t)) as S.
    pose proof (log_odds_pos (1 - alpha)) as P. rewrite log_odds_mirror in P by assumption.
    rewrite !sign_neg; [reflexivity| |].
    + assert (0 < - log_odds alpha) by (apply P; lra). lra.
    + assert (1/2 < 1 - t) by (apply S; try assumption; lra). lra.
Qed.

Lemma midpoint_no_minimiser separation : 2 < separation -> ~ minimiser (1/2) separation (1/2).
Proof.
  intros HL M. rewrite minimiser_iff in M by lra.
  set (u := sqrt ((separation - 2) / (2 * separation ^ 2))).
  assert (Hq : 0 < (separation - 2) / (2 * separation ^ 2)) by (apply Rdiv_lt_0_compat; nra).
  assert (Hu : u ^ 2 = (separation - 2) / (2 * separation ^ 2)) by (unfold u; apply pow2_sqrt; lra).
  assert (Hu0 : 0 <= u) by apply sqrt_pos.
  specialize (M (1/2 + u)). unfold mixture in M.
  replace (1 - (1/2 + u)) with (1/2 - u) in M by field. replace (1 - 1/2) with (1/2) in M by field.
  replace (- separation * (1/2 + u) ^ 2) with (- separation * (1/2) ^ 2 + (- separation * u ^ 2 +
    - (separation * u))) in M by field.
  replace (- separation * (1/2 - u) ^ 2) with (- separation * (1/2) ^ 2 + (- separation * u ^ 2 +
    separation * u)) in M by field.
  rewrite !exp_plus in M.
  pose proof (exp_pos (- separation * (1/2) ^ 2)) as E0. set (e0 :=
    exp (- separation * (1/2) ^ 2)) in *.
  pose proof (exp_ge_1_plus (- separation * u ^ 2)) as E1. set (e1 :=
    exp (- separation * u ^ 2)) in *.
  assert (C : 2 + (separation * u) ^ 2 <= exp (separation * u) + exp (- (separation * u)))
    by (apply cosh_lower; nra).
  set (w := exp (separation * u) + exp (- (separation * u))) in *.
  assert (M' : e0 * (e1 * w) <= e0 * 2) by (unfold w; lra).
  apply Rmult_le_reg_l in M'; [|exact E0].
  assert (V : (separation * u) ^ 2 = (separation - 2) / 2) by (rewrite Rpow_mult_distr, Hu; field;
    lra).
  assert (V' : separation * u ^ 2 = (separation - 2) / (2 * separation)) by (rewrite Hu; field;
    lra).
  rewrite V in C. 
  set (d := (separation - 2) / (2 * separation)) in *.
  assert (Hd : 0 < d < 1/2).
  { split; unfold d; [apply Rdiv_lt_0_compat; lra|]. apply Rlt_div_l; lra. }
  assert (K : (1 - d) * (2 + (separation - 2) / 2) <= 2).
  { apply Rle_trans with (e1 * w); [|exact M']. apply Rmult_le_compat; lra. }
  assert (HdL : d * separation = (separation - 2) / 2) by (unfold d; field; lra).
  nra.
Qed.

Theorem uniqueness_two separation : 2 < separation ->
  exists t, 1/2 < t /\ forall s, minimiser (1/2) separation s <-> s = t \/ s = 1 - t.
Proof.
  intros HL.
  pose proof (minimiser_half_mirror separation) as Mir.
  assert (Ne : forall t, minimiser (1/2) separation t -> t <> 1/2).
  { intros t M ->. now apply (midpoint_no_minimiser separation). }
  assert (Un : forall t s, 1/2 < t -> 1/2 < s -> minimiser (1/2) separation t ->
    minimiser (1/2) separation s -> s = t).
  { intros t s Ht Hs Mt Ms. apply minimiser_root in Mt; [|lra|lra].
    apply minimiser_root in Ms; [|lra|lra].
    destruct Mt as (z & -> & Rz). destruct Ms as (y & -> & Ry).
    apply sigmoid_half in Ht. apply sigmoid_half in Hs.
    rewrite (F_one_positive_root (log_odds (1/2)) separation z y); try assumption; try lra.
    rewrite log_odds_half; lra. }
  assert (Ex : exists t, 1/2 < t /\ minimiser (1/2) separation t).
  { destruct (minimiser_exists (1/2) separation) as (t & _ & M); [lra|lra|]. pose proof (Ne t M).
    destruct (Rlt_le_dec (1/2) t) as [C|C]; [now exists t|].
    exists (1 - t). split; [lra|now apply Mir]. }
  destruct Ex as (t & Ht & M). exists t. split; [exact Ht|]. intros s.
  split; [|intros [-> | ->]; [exact M|now apply Mir]]. intros Ms.
  destruct (Rlt_le_dec (1/2) s) as [C|C].
  - left. now apply Un.
  - right. pose proof (Ne s Ms). assert (1 - s = t) by (apply Un;
    try assumption; [lra|now apply Mir]). lra.
Qed.

Theorem uniqueness alpha separation : 0 < alpha < 1 -> 0 < separation ->
  ((exists! t, minimiser alpha separation t) <-> alpha <> 1/2 \/ separation <= 2).
Proof.
  intros Ha HL. split; [|now apply unique_minimiser].
  intros (r & _ & U). destruct (Req_dec alpha (1/2)) as [->|C]; [right|now left].
  apply Rnot_lt_le. intros C. destruct (uniqueness_two separation C) as (t & Ht & M).
  pose proof (U t (proj2 (M t) (or_introl eq_refl))).
  pose proof (U (1 - t) (proj2 (M (1 - t)) (or_intror eq_refl))). lra.
Qed.

Theorem uniqueness_sign_fails separation t : 2 < separation -> minimiser (1/2) separation t ->
  sign (log_odds (1/2)) = 0 /\ sign (2 * t - 1) <> 0.
Proof.
  intros HL M. split; [rewrite log_odds_half; apply sign_0|].
  assert (t <> 1/2) by (intros ->; now apply (midpoint_no_minimiser separation)).
  destruct (Rtotal_order t (1/2)) as [C|[C|C]];
    [rewrite sign_neg|contradiction|rewrite sign_pos]; lra.
Qed.

(* log((1-alpha)/alpha) <= (1-alpha)/alpha - 1 <= 4 (1 - 2 alpha) for alpha >= 1/4 *)
Lemma log_odds_small alpha : 1/4 <= alpha < 1/2 -> log_odds alpha <= 4 * (1 - 2 * alpha).
Proof.
  intros Ha. unfold log_odds.
  assert (P : 0 < (1 - alpha) / alpha) by (apply Rdiv_lt_0_compat; lra).
  pose proof (exp_ge_1_plus (ln ((1 - alpha) / alpha))) as H. rewrite exp_ln in H by exact P.
  assert ((1 - alpha) / alpha <= 1 + 4 * (1 - 2 * alpha)); [|lra].
  apply Rle_div_l; nra.
Qed.

Lemma F_pos_beyond separation z y : 0 <= separation -> 0 < z < y -> F 0 separation z = 0 ->
  0 < F 0 separation y.
Proof.
  intros HL Hz R. apply Rnot_le_lt. intros C.
  destruct (F_ivt 0 separation y (y + separation / 2)) as (x & Hx & Rx).
  - lra.
  - exact C.
  - unfold F. pose proof (tanh_lt_1 (y + separation / 2)). nra.
  - assert (x = z) by (apply (F_one_positive_root 0 separation); lra). lra.
Qed.

Theorem uniqueness_limit separation t0 eps : 2 < separation ->
  minimiser (1/2) separation t0 -> 1/2 < t0 -> 0 < eps ->
  exists delta, 0 < delta /\ forall alpha t, 1/2 - delta < alpha < 1/2 ->
    minimiser alpha separation t -> Rabs (t - t0) < eps.
Proof.
  intros HL M0 H0 He.
  destruct (minimiser_root (1/2) separation t0) as (z0 & E0 & R0); [lra|lra|exact M0|].
  rewrite log_odds_half in R0. subst t0. apply sigmoid_half in H0.
  assert (G : 0 < F 0 separation (z0 + eps)) by (apply (F_pos_beyond separation z0); lra).
  set (g := F 0 separation (z0 + eps)) in *.
  exists (Rmin (1/4) (g / 4)). split; [apply Rmin_pos; lra|]. intros alpha t Ha M.
  pose proof (Rmin_l (1/4) (g / 4)). pose proof (Rmin_r (1/4) (g / 4)).
  pose proof (log_odds_small alpha ltac:(lra)) as Hh.
  pose proof (log_odds_pos alpha ltac:(lra)) as Hp.
  pose proof (minimiser_side alpha separation t ltac:(lra) ltac:(lra) M) as S.
  destruct (minimiser_root alpha separation t) as (z & -> & R); [lra|lra|exact M|].
  apply sigmoid_half in S.
  assert (shifted : forall x, F (log_odds alpha) separation x
                              = F 0 separation x - log_odds alpha / 2)
    by (intros x; unfold F; field).
  destruct (F_ivt (log_odds alpha) separation z0 (z0 + eps)) as (y & Hy & Ry).
  - lra.
  - rewrite shifted, R0. lra.
  - rewrite shifted. fold g. lra.
  - assert (z = y) by (apply (F_one_positive_root (log_odds alpha) separation); lra). subst y.
    pose proof (sigmoid_tanh z). pose proof (sigmoid_tanh z0).
    assert (0 <= tanh z - tanh z0 <= z - z0).
    { destruct (proj1 Hy) as [C|C]; [|rewrite C; lra].
      pose proof (tanh_contr z0 z C). pose proof (tanh_incr z0 z C). lra. }
    apply Rabs_def1; lra.
Qed.

Theorem coordinate_exists alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  (exists! t, is_coordinate alpha separation t)
  /\ forall t, is_coordinate alpha separation t -> 0 < t < 1 /\ minimiser alpha separation t.
Proof.
  intros Ha [HL| <-]; split.
  - assert (Ex : exists t, minimiser alpha separation t
                           /\ forall s, minimiser alpha separation s -> s <= t).
    { destruct (classic (alpha <> 1/2 \/ separation <= 2)) as [C|C].
      - destruct (unique_minimiser alpha separation Ha HL C) as (t & M & U).
        exists t. split; [exact M|]. intros s Ms. rewrite (U s Ms). lra.
      - assert (alpha = 1/2) as -> by (apply NNPP; tauto).
        destruct (uniqueness_two separation) as (t & Ht & M); [apply Rnot_le_lt; tauto|].
        exists t. split; [apply M; now left|]. intros s Ms.
        apply M in Ms. destruct Ms as [-> | ->]; lra. }
    destruct Ex as (t & M & G). exists t. split; [right; tauto|].
    intros s [[C _]|(_ & Ms & Gs)]; [lra|]. specialize (G s Ms). specialize (Gs t M). lra.
  - intros t [[C _]|(_ & M & _)]; [lra|]. split; [|exact M].
    now apply (minimiser_interior alpha separation).
  - exists (1 - alpha). split; [left; tauto|]. intros s [[_ C]|[C _]]; lra.
  - intros t [[_ ->]|[C _]]; [|lra]. split; [lra|now apply minimiser_sep_0].
Qed.
