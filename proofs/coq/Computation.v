(* T22, GDA-thm-computation: the alignment coordinate from the largest zero of F, by Newton.

   Hypotheses: alpha <= 1/2, so that h >= 0 (Symmetry.v reduces to this), separation > 0
   where the coordinate is concerned, separation >= 0 where F alone is.

   [computation_stationary]  t = sigmoid(2z) is stationary iff F(z) = 0;
   [computation_convex]      F is convex on z >= 0, and F(0) <= 0;
   [computation_largest]     F has a largest zero, and it is that of the alignment coordinate;
   [computation_root_0]      it is 0 for h = 0 and separation <= 2;
   [computation_newton_step] a Newton step from beyond the largest zero goes down and not below it;
   [computation_newton]      Newton's iteration from (h + separation)/2 never increases, stays at or
                             above the largest zero and converges to it. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis Mixture Stationarity Root Uniqueness.
Open Scope R_scope.

Theorem computation_stationary alpha separation z : 0 < alpha < 1 -> 0 < separation ->
  (stationary alpha separation (sigmoid (2 * z)) <-> F (log_odds alpha) separation z = 0).
Proof. apply stationary_of_root. Qed.

Theorem computation_convex h separation x y s : 0 <= h -> 0 <= separation -> 0 <= x -> 0 <= y ->
  0 <= s <= 1 ->
  F h separation (s * x + (1 - s) * y) <= s * F h separation x + (1 - s) * F h separation y
  /\ F h separation 0 <= 0.
Proof. intros Hh HL Hx Hy Hs. split; [now apply F_convex|now apply F_at_0]. Qed.

Lemma largest_minimises alpha separation z : 0 < alpha <= 1/2 -> 0 < separation ->
  is_largest_root (log_odds alpha) separation z -> minimiser alpha separation (sigmoid (2 * z)).
Proof.
  intros Ha HL [Rz Mz].
  assert (Hh : 0 <= log_odds alpha).
  { destruct Ha as [Ha [H| ->]]; [left; now apply log_odds_pos | rewrite log_odds_half; lra]. }
  assert (Ex : exists y, minimiser alpha separation (sigmoid (2 * y))
    /\ F (log_odds alpha) separation y = 0 /\ (0 < y \/ log_odds alpha = 0 /\ separation <= 2)).
  { destruct (proj2 Ha) as [H| ->].
    - destruct (minimiser_exists alpha separation) as (t & _ & M); [lra|lra|].
      pose proof (minimiser_side alpha separation t ltac:(lra) HL M) as S.
      destruct (minimiser_root alpha separation t) as (y & -> & R); [lra|lra|assumption|].
      exists y. split; [exact M|]. split; [exact R|]. left. now apply sigmoid_half.
    - destruct (Rle_lt_dec separation 2) as [H2|H2].
      + destruct (minimiser_exists (1/2) separation) as (t & _ & M); [lra|lra|].
        destruct (minimiser_root (1/2) separation t) as (y & -> & R); [lra|lra|assumption|].
        exists y. split; [exact M|]. split; [exact R|]. right.
        split; [apply log_odds_half|exact H2].
      + destruct (uniqueness_two separation H2) as (t & S & M).
        pose proof (proj2 (M t) (or_introl eq_refl)) as Mt.
        destruct (minimiser_root (1/2) separation t) as (y & -> & R); [lra|lra|assumption|].
        exists y. split; [exact Mt|]. split; [exact R|]. left. now apply sigmoid_half. }
  destruct Ex as (y & My & Ry & [Hy|[Hh0 H2]]).
  - assert (y <= z) by now apply Mz.
    rewrite (F_one_positive_root (log_odds alpha) separation z y); try assumption; lra.
  - destruct (F_unique_root (log_odds alpha) separation) as (r & _ & U). { lra. }
    now rewrite <- (U z Rz), (U y Ry).
Qed.

Theorem computation_largest alpha separation : 0 < alpha <= 1/2 -> 0 < separation ->
  exists z, 0 <= z <= (log_odds alpha + separation) / 2
    /\ is_largest_root (log_odds alpha) separation z
    /\ is_coordinate alpha separation (sigmoid (2 * z)).
Proof.
  intros Ha HL.
  assert (Hh : 0 <= log_odds alpha).
  { destruct Ha as [Ha [H| ->]]; [left; now apply log_odds_pos | rewrite log_odds_half; lra]. }
  destruct (F_largest_root (log_odds alpha) separation) as (z & G & B & _); [lra|exact Hh|].
  exists z. split; [lra|]. split; [exact G|]. right.
  split; [exact HL|]. split; [now apply largest_minimises|]. intros s Ms.
  destruct (minimiser_root alpha separation s) as (y & -> & Ry); [lra|exact HL|exact Ms|].
  pose proof (proj2 G y Ry) as O. pose proof (sigmoid_tanh y). pose proof (sigmoid_tanh z).
  destruct O as [O|O]; [apply tanh_incr in O; lra|subst y; lra].
Qed.

Theorem computation_root_0 separation : 0 <= separation <= 2 -> is_largest_root 0 separation 0.
Proof.
  intros HL. assert (R : F 0 separation 0 = 0) by (unfold F; rewrite tanh_0; field).
  split; [exact R|]. intros y Ry.
  destruct (F_unique_root 0 separation HL) as (r & _ & U).
  pose proof (U 0 R). pose proof (U y Ry). lra.
Qed.

Section Newton.
Variables (h separation root : R).
Hypothesis Hh : 0 <= h.
Hypothesis HL : 0 <= separation.
Hypothesis largest : is_largest_root h separation root.

Lemma root_nonneg : 0 <= root.
Proof.
  destruct (F_root_pos h separation HL Hh) as (z & Hz & R).
  pose proof (proj2 largest z R). lra.
Qed.

Lemma F_pos_above z : root < z -> 0 < F h separation z.
Proof.
  intros Hz. apply Rnot_le_lt. intros C.
  destruct (F_ivt h separation z (Rabs z + h / 2 + separation / 2)) as (y & Hy & R).
  - pose proof (Rle_abs z). lra.
  - exact C.
  - unfold F. pose proof (Rabs_pos z).
    pose proof (tanh_lt_1 (Rabs z + h / 2 + separation / 2)). nra.
  - pose proof (proj2 largest y R). lra.
Qed.

Theorem computation_newton_step z : root < z ->
  root <= z - F h separation z / F_slope separation z < z.
Proof.
  intros Hz. pose proof (F_pos_above z Hz) as P. pose proof root_nonneg as N.
  destruct (mvt (F h separation) (F_slope separation) root z Hz) as (c & E & C).
  { intros; apply F_derive. }
  rewrite (proj1 largest) in E.
  pose proof (F_slope_mono separation c z HL ltac:(lra)) as M.
  assert (T : F h separation z <= F_slope separation z * (z - root)) by nra.
  assert (S : 0 < F_slope separation z) by (apply Rnot_le_lt; intros K; nra).
  assert (0 < F h separation z / F_slope separation z) by now apply Rdiv_lt_0_compat.
  assert (F h separation z / F_slope separation z <= z - root) by (apply Rle_div_l; lra).
  lra.
Qed.

Fixpoint newton (n : nat) : R :=
  match n with
  | O => (h + separation) / 2
  | S m => newton m - F h separation (newton m) / F_slope separation (newton m)
  end.

Lemma newton_above n : root <= newton n.
Proof.
  induction n as [|n IH]; simpl.
  - pose proof (proj1 largest) as R. unfold F in R. pose proof (tanh_lt_1 root). nra.
  - destruct IH as [IH|IH]; [apply computation_newton_step; exact IH|].
    rewrite <- IH, (proj1 largest). unfold Rdiv. lra.
Qed.

Lemma newton_decreases n : newton (S n) <= newton n.
Proof.
  simpl. destruct (newton_above n) as [A|A].
  - left. now apply computation_newton_step.
  - rewrite <- A, (proj1 largest). unfold Rdiv. lra.
Qed.

(* beyond root + eps the slope is at most 1, so a step is at least F(root + eps) > 0 long *)
Lemma newton_progress eps n : 0 < eps ->
  newton n <= root + eps \/ newton n <= newton 0 - INR n * F h separation (root + eps).
Proof.
  intros He. pose proof (F_pos_above (root + eps) ltac:(lra)) as G.
  set (g := F h separation (root + eps)) in *.
  induction n as [|n IH]; [right; simpl; lra|].
  destruct (Rle_lt_dec (newton n) (root + eps)) as [C|C].
  { left. pose proof (newton_decreases n). lra. }
  destruct IH as [IH|IH]; [lra|right]. rewrite S_INR.
  pose proof root_nonneg. set (z := newton n) in *.
  assert (Fz : g <= F h separation z).
  { destruct (mvt (F h separation) (F_slope separation) (root + eps) z C) as (c & E & Hc).
    { intros; apply F_derive. }
    destruct (mvt (F h separation) (F_slope separation) root c ltac:(lra)) as (b & Eb & Hbc).
    { intros; apply F_derive. }
    rewrite (proj1 largest) in Eb. pose proof (F_pos_above c ltac:(lra)).
    pose proof (F_slope_mono separation b c HL ltac:(lra)).
    assert (0 < F_slope separation b) by (apply Rnot_le_lt; intros K; nra).
    unfold g. nra. }
  assert (S1 : F_slope separation z <= 1).
  { unfold F_slope. pose proof (tanh_sq z). nra. }
  destruct (computation_newton_step z ltac:(lra)) as [_ Down].
  assert (S0 : 0 < F_slope separation z).
  { apply Rnot_le_lt. intros K. destruct K as [K|K].
    - assert (F h separation z / F_slope separation z <= 0); [|lra].
      unfold Rdiv. pose proof (Rinv_lt_0_compat _ K). nra.
    - unfold Rdiv in Down. rewrite K, Rinv_0 in Down. lra. }
  assert (F h separation z <= F h separation z / F_slope separation z).
  { apply Rle_div_r; [exact S0|]. nra. }
  change (newton (S n)) with (z - F h separation z / F_slope separation z). lra.
Qed.

Theorem computation_newton :
  (forall n, root <= newton (S n) <= newton n) /\ is_lim_seq newton root.
Proof.
  split; [intros n; split; [apply newton_above|apply newton_decreases]|].
  apply is_lim_seq_spec. intros eps. pose proof (cond_pos eps) as He.
  set (g := F h separation (root + eps / 2)).
  assert (G : 0 < g) by (apply F_pos_above; lra).
  destruct (nfloor_ex (Rmax 0 ((newton 0 - root) / g)) (Rmax_l _ _)) as (N & _ & HN).
  exists (S N). intros n Hn. pose proof (newton_above n) as A.
  apply Rabs_def1; [|lra].
  destruct (newton_progress (eps / 2) n ltac:(lra)) as [P|P]; [lra|fold g in P].
  assert (INR (S N) <= INR n) by now apply le_INR. rewrite S_INR in H.
  assert (K : (newton 0 - root) / g < INR n) by (pose proof (Rmax_r 0 ((newton 0 - root) / g));
    lra).
  apply Rlt_div_l in K; [|exact G]. lra.
Qed.
End Newton.
