(* The function F(z) = z - h/2 - (separation/2) tanh z, whose zeros are the stationary points.

   With t = sigmoid(2z) the equation of Stationarity.v becomes F(z) = 0. This file studies F
   alone: its slope and bend, convexity on z >= 0, at most one positive zero for h >= 0, a largest
   zero, one zero only if separation <= 2, and the mirror z -> -z, h -> -h. Counting.v,
   Uniqueness.v and Computation.v turn these facts into the theorems. *)
From Coq Require Import Reals Lra Psatz Lia Classical.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis.
Open Scope R_scope.

Definition F_bend (separation z : R) : R := separation * tanh z * (1 - tanh z ^ 2).

Lemma F_derive h separation z : is_derive (F h separation) z (F_slope separation z).
Proof.
  unfold F, F_slope. pose proof (tanh_derive z) as D. apply is_derive_Reals in D.
  apply is_derive_Reals.
  apply (derivable_pt_lim_minus (fun z => z - h / 2) (fun z => separation / 2 * tanh z)).
  - replace 1 with (1 - 0) by ring.
    apply (derivable_pt_lim_minus id (fun _ => h / 2)).
    + apply derivable_pt_lim_id.
    + apply derivable_pt_lim_const.
  - now apply (derivable_pt_lim_scal tanh).
Qed.

Lemma F_slope_derive separation z : is_derive (F_slope separation) z (F_bend separation z).
Proof.
  unfold F_slope, F_bend. pose proof (tanh_derive z) as D.
  auto_derive. { eexists; exact D. }
  replace (Derive (fun x => tanh x) z) with (1 - tanh z ^ 2) by (symmetry; apply is_derive_unique;
    exact D).
  field.
Qed.

Lemma F_second h separation z : 0 <= separation -> 0 <= z ->
  is_derive_n (F h separation) 2 z (F_bend separation z) /\ 0 <= F_bend separation z.
Proof.
  intros HL Hz. split.
  - simpl. apply (is_derive_ext (F_slope separation)).
    + intros t. symmetry. apply is_derive_unique, F_derive.
    + apply F_slope_derive.
  - unfold F_bend. pose proof (tanh_sq z).
    assert (0 <= tanh z). { destruct Hz as [Hz| <-]; [left; now apply tanh_pos | rewrite tanh_0;
      lra]. }
    apply Rmult_le_pos; [apply Rmult_le_pos|]; lra.
Qed.

Lemma F_slope_mono separation x y : 0 <= separation -> 0 <= x <= y ->
  F_slope separation x <= F_slope separation y.
Proof.
  intros HL [Hx [Hy| ->]]; [|lra].
  assert (0 <= tanh x). { destruct Hx as [Hx| <-]; [left; now apply tanh_pos | rewrite tanh_0;
    lra]. }
  pose proof (tanh_incr x y Hy) as K.
  assert (0 <= separation / 2 * (tanh y ^ 2 - tanh x ^ 2)) by (apply Rmult_le_pos; nra).
  unfold F_slope. lra.
Qed.

(* convexity in the chord sense *)
Lemma F_convex h separation x y s : 0 <= separation -> 0 <= x -> 0 <= y -> 0 <= s <= 1 ->
  F h separation (s * x + (1 - s) * y) <= s * F h separation x + (1 - s) * F h separation y.
Proof.
  intros HL.
  assert (W : forall x y s, 0 <= x < y -> 0 < s < 1 ->
     F h separation (s * x + (1 - s) * y) <= s * F h separation x + (1 - s) * F h separation y).
  { clear x y s. intros x y s [Hx Hxy] Hs. set (m := s * x + (1 - s) * y).
    assert (P1 : 0 < (1 - s) * (y - x)) by (apply Rmult_lt_0_compat; lra).
    assert (P2 : 0 < s * (y - x)) by (apply Rmult_lt_0_compat; lra).
    assert (M1 : x < m) by (unfold m; lra). assert (M2 : m < y) by (unfold m; lra).
    destruct (mvt (F h separation) (F_slope separation) x m M1) as (c1 & E1 & C1). { intros;
      apply F_derive. }
    destruct (mvt (F h separation) (F_slope separation) m y M2) as (c2 & E2 & C2). { intros;
      apply F_derive. }
    assert (K : F_slope separation c1 <= F_slope separation c2) by (apply F_slope_mono; lra).
    assert (E1' : F h separation m - F h separation x = F_slope separation c1 * (1 - s) * (y - x))
      by (rewrite E1; unfold m; ring).
    assert (E2' : F h separation y - F h separation m = F_slope separation c2 * s * (y - x))
      by (rewrite E2; unfold m; ring).
    assert (0 <= (F_slope separation c2 - F_slope separation c1) * (s * (1 - s) * (y - x))).
    { apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; [|lra]. apply Rmult_le_pos; lra. }
    assert (E : s * F h separation x + (1 - s) * F h separation y - F h separation m
                = (F_slope separation c2 - F_slope separation c1) * (s * (1 - s) * (y - x))).
    { replace (s * F h separation x + (1 - s) * F h separation y - F h separation m)
        with ((1 - s) * (F h separation y - F h separation m) - s * (F h separation m - F h
          separation x)) by ring.
      rewrite E1', E2'. ring. }
    lra. }
  intros Hx Hy [Hs1 Hs2].
  destruct Hs1 as [Hs1| <-]; [|right; replace (0 * x + (1 - 0) * y) with y by ring; ring].
  destruct Hs2 as [Hs2| ->]; [|right; replace (1 * x + (1 - 1) * y) with x by ring; ring].
  destruct (Rtotal_order x y) as [C|[-> |C]].
  - apply W; lra.
  - right. replace (s * y + (1 - s) * y) with y by ring. ring.
  - specialize (W y x (1 - s)). replace (1 - (1 - s)) with s in W by ring.
    replace (s * x + (1 - s) * y) with ((1 - s) * y + s * x) by ring. lra.
Qed.

Lemma F_at_0 h separation : 0 <= h -> F h separation 0 <= 0.
Proof. intros. unfold F. rewrite tanh_0. lra. Qed.

Lemma F_cont h separation : continuity (F h separation).
Proof.
  intros z. apply derivable_continuous_pt. exists (F_slope separation z). apply is_derive_Reals,
    F_derive.
Qed.

Lemma F_incr h separation : separation <= 2 -> 0 <= separation -> forall x y, x < y ->
  F h separation x < F h separation y.
Proof.
  intros H2 HL x y H. unfold F. pose proof (tanh_contr x y H). pose proof (tanh_incr x y H). nra.
Qed.

Lemma F_ivt h separation x y : x <= y -> F h separation x <= 0 -> 0 <= F h separation y ->
  exists z, x <= z <= y /\ F h separation z = 0.
Proof.
  intros H Hx Hy. destruct (IVT_cor (F h separation) x y (F_cont h separation) H) as (z & Hz & R).
  - nra.
  - now exists z.
Qed.

Lemma F_root h separation : 0 <= separation -> exists z, F h separation z = 0.
Proof.
  intros HL. destruct (F_ivt h separation (h / 2 - separation / 2) (h / 2 + separation / 2)) as
    (z & _ & Hz).
  - lra.
  - unfold F. pose proof (tanh_gt_m1 (h / 2 - separation / 2)). nra.
  - unfold F. pose proof (tanh_lt_1 (h / 2 + separation / 2)). nra.
  - now exists z.
Qed.

Lemma F_root_pos h separation : 0 <= separation -> 0 <= h -> exists z, 0 <= z
  /\ F h separation z = 0.
Proof.
  intros HL Hh. destruct (F_ivt h separation 0 (h / 2 + separation / 2)) as (z & [Hz _] & R).
  - lra.
  - now apply F_at_0.
  - unfold F. pose proof (tanh_lt_1 (h / 2 + separation / 2)). nra.
  - exists z. now split.
Qed.

Lemma F_one_positive_root h separation x y : 0 <= separation -> 0 <= h ->
  0 < x -> 0 < y -> F h separation x = 0 -> F h separation y = 0 -> x = y.
Proof.
  intros HL Hh.
  assert (W : forall x y, 0 < x < y -> F h separation x = 0 -> F h separation y = 0 -> False).
  { clear x y. intros x y Hxy Rx Ry. pose proof (tanh_ratio x y Hxy) as K. unfold F in Rx, Ry.
    assert (T : 0 < tanh x) by (apply tanh_pos; lra).
    (* x*Ry - y*Rx *)
    destruct HL as [HL| <-]; [|lra].
    assert (E : (h / 2) * (y - x) = (separation / 2) * (x * tanh y - y * tanh x)) by nra.
    assert (0 <= h / 2 * (y - x)) by (apply Rmult_le_pos; lra).
    nra. }
  intros Hx Hy Rx Ry. destruct (Rtotal_order x y) as [C|[C|C]]; [|exact C|].
  - exfalso. now apply (W x y).
  - exfalso. now apply (W y x).
Qed.

Lemma F_largest_root h separation : 0 <= separation -> 0 <= h ->
  exists z, is_largest_root h separation z /\ 0 <= z <= h / 2 + separation / 2 /\ forall z',
    is_largest_root h separation z' -> z' = z.
Proof.
  intros HL Hh.
  assert (U : forall z z', is_largest_root h separation z -> is_largest_root h separation z' ->
    z' = z).
  { intros z z' [R1 M1] [R2 M2]. specialize (M1 _ R2). specialize (M2 _ R1). lra. }
  assert (Ub : forall z, F h separation z = 0 -> z <= h / 2 + separation / 2).
  { intros z R. unfold F in R. pose proof (tanh_lt_1 z). nra. }
  assert (Ex : exists z, is_largest_root h separation z /\ 0 <= z).
  { destruct (classic (exists z, 0 < z /\ F h separation z = 0)) as [(z & Hz & R)|N].
    - exists z. split; [split; [exact R|]|lra]. intros y Ry.
      destruct (Rle_lt_dec y 0) as [C|C]; [lra|].
      right. now apply (F_one_positive_root h separation).
    - destruct (F_root_pos h separation HL Hh) as (z & Hz & R). exists z.
      split; [split; [exact R|]|lra].
      intros y Ry. destruct (Rle_lt_dec y 0) as [C|C]; [lra|]. exfalso. apply N. now exists y. }
  destruct Ex as (z & Lr & Hz). exists z. split; [exact Lr|]. split.
  - split; [exact Hz|]. apply Ub, Lr.
  - intros z'. now apply U.
Qed.

(* separation <= 2: exactly one root, for every h *)
Lemma F_unique_root h separation : 0 <= separation <= 2 -> exists! z, F h separation z = 0.
Proof.
  intros [HL H2]. destruct (F_root h separation HL) as (z & R). exists z. split; [exact R|].
  intros y Ry. destruct (Rtotal_order z y) as [C|[C|C]]; [|exact C|].
  - apply (F_incr h separation H2 HL) in C. lra.
  - apply (F_incr h separation H2 HL) in C. lra.
Qed.

Lemma F_mirror h separation z : F (- h) separation (- z) = - F h separation z.
Proof. unfold F. rewrite tanh_opp. field. Qed.
