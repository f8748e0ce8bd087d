(* T3, GDA-thm-counting: how many stationary points there are on the axis.

   Hypotheses: 0 < alpha < 1 and separation > 0. For separation > 2 put
   m_c = sqrt(1 - 2/separation) and h_c = separation m_c - 2 artanh(m_c), the spinodal field:

   [spinodal_pos]  h_c > 0;
   [counting]      one stationary point if separation <= 2 or |h| > h_c, two if |h| = h_c, three if
                   |h| < h_c.

   F rises up to -z_c, falls to z_c and rises again, where tanh z_c = m_c; its values at the two
   turning points are (h_c - h)/2 and -(h_c + h)/2. So its zeros are counted branch by branch for
   h >= 0, and mirrored for h < 0. *)
From Coq Require Import Reals Lra Psatz Lia List FinFun.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis Mixture Stationarity Root.
Import ListNotations.
Open Scope R_scope.

Lemma has_exactly_map n (P Q : R -> Prop) (g : R -> R) : (forall x y, g x = g y -> x = y) ->
  (forall t, Q t <-> exists z, t = g z /\ P z) -> has_exactly n P -> has_exactly n Q.
Proof.
  intros Inj PQ (l & N & Len & Mem). exists (map g l). split; [|split].
  - apply Injective_map_NoDup; assumption.
  - now rewrite map_length.
  - intros t. rewrite PQ, in_map_iff. split.
    + intros (z & E & Pz). exists z. now rewrite <- Mem.
    + intros (z & E & Iz). exists z. now rewrite Mem.
Qed.

(* a count determines its number, so the three cases of the theorem exclude each other *)
Lemma has_exactly_functional n m P : has_exactly n P -> has_exactly m P -> n = m.
Proof.
  intros (l & Nl & <- & Ml) (k & Nk & <- & Mk). apply PeanoNat.Nat.le_antisymm.
  - apply NoDup_incl_length; [exact Nl|]. intros t I. now apply Mk, Ml.
  - apply NoDup_incl_length; [exact Nk|]. intros t I. now apply Ml, Mk.
Qed.

Section Beyond.
Variable separation : R.
Hypothesis beyond : 2 < separation.
Let mc := spinodal_m separation.
Let zc := artanh mc.
Let hc := spinodal separation.

Lemma mc_square : mc ^ 2 = 1 - 2 / separation.
Proof.
  unfold mc, spinodal_m. apply pow2_sqrt.
  assert (2 / separation <= 1) by (apply Rle_div_l; lra). lra.
Qed.

Lemma mc_range : 0 < mc < 1.
Proof.
  assert (0 < 2 / separation) by (apply Rdiv_lt_0_compat; lra).
  assert (2 / separation < 1) by (apply Rlt_div_l; lra).
  pose proof mc_square. assert (0 < mc) by (apply sqrt_lt_R0; lra). nra.
Qed.

Lemma zc_pos : 0 < zc.
Proof. apply artanh_pos, mc_range. Qed.

Lemma tanh_zc : tanh zc = mc.
Proof. apply tanh_artanh. pose proof mc_range. lra. Qed.

Lemma slope_at z : F_slope separation z = separation / 2 * (tanh z ^ 2 - mc ^ 2).
Proof. unfold F_slope. rewrite mc_square. field. lra. Qed.

Lemma value_right h : F h separation zc = - (hc + h) / 2.
Proof. unfold F, hc, spinodal. rewrite tanh_zc. unfold zc. fold mc. field. Qed.

Lemma value_left h : F h separation (- zc) = (hc - h) / 2.
Proof. unfold F, hc, spinodal. rewrite tanh_opp, tanh_zc. unfold zc. fold mc. field. Qed.

Lemma rises_right h x y : zc <= x < y -> F h separation x < F h separation y.
Proof.
  intros [Hx Hy]. destruct (mvt (F h separation) (F_slope separation) x y Hy) as (c & E & C).
  { intros; apply F_derive. }
  assert (mc < tanh c) by (rewrite <- tanh_zc; apply tanh_incr; lra).
  pose proof mc_range. rewrite slope_at in E.
  assert (0 < separation / 2 * (tanh c ^ 2 - mc ^ 2) * (y - x)); [|lra].
  apply Rmult_lt_0_compat; [|lra]. apply Rmult_lt_0_compat; [lra|nra].
Qed.

Lemma rises_left h x y : x < y <= - zc -> F h separation x < F h separation y.
Proof.
  intros [Hx Hy]. pose proof (rises_right (- h) (- y) (- x) ltac:(lra)) as K.
  rewrite !F_mirror in K. lra.
Qed.

Lemma falls_between h x y : - zc <= x -> x < y -> y <= zc ->
  F h separation y < F h separation x.
Proof.
  intros Hx H Hy. destruct (mvt (F h separation) (F_slope separation) x y H) as (c & E & C).
  { intros; apply F_derive. }
  assert (tanh c < mc) by (rewrite <- tanh_zc; apply tanh_incr; lra).
  assert (- mc < tanh c) by (rewrite <- tanh_zc, <- tanh_opp; apply tanh_incr; lra).
  rewrite slope_at in E.
  assert (0 < separation / 2 * (mc ^ 2 - tanh c ^ 2) * (y - x)); [|lra].
  apply Rmult_lt_0_compat; [|lra]. apply Rmult_lt_0_compat; [lra|nra].
Qed.

Theorem spinodal_pos : 0 < spinodal separation.
Proof.
  pose proof zc_pos. pose proof (falls_between 0 (- zc) 0 ltac:(lra) ltac:(lra) ltac:(lra)) as K.
  rewrite value_left in K. unfold F in K. rewrite tanh_0 in K. fold hc. lra.
Qed.

(* on the branch right of z_c there is one zero for every h >= 0 *)
Lemma right_zero h : 0 <= h -> exists z, zc < z /\ F h separation z = 0
  /\ forall y, zc <= y -> F h separation y = 0 -> y = z.
Proof.
  intros Hh. pose proof spinodal_pos as P. fold hc in P. pose proof zc_pos.
  destruct (F_ivt h separation zc (zc + h / 2 + separation / 2)) as (z & Hz & R).
  - lra.
  - rewrite value_right. lra.
  - unfold F. pose proof (tanh_lt_1 (zc + h / 2 + separation / 2)). nra.
  - exists z. split; [|split; [exact R|]].
    + destruct (proj1 Hz) as [C|C]; [exact C|]. subst z. rewrite value_right in R. lra.
    + intros y Hy Ry. destruct (Rtotal_order y z) as [C|[C|C]]; [|exact C|].
      * pose proof (rises_right h y z ltac:(lra)). lra.
      * pose proof (rises_right h z y ltac:(lra)). lra.
Qed.

Lemma count_above h : hc < h -> has_exactly 1 (fun z => F h separation z = 0).
Proof.
  intros Hh. pose proof spinodal_pos as P. fold hc in P. pose proof zc_pos.
  destruct (right_zero h ltac:(lra)) as (z & Hz & R & U).
  pose proof (value_left h) as V.
  exists [z]. split; [|split; [reflexivity|]].
  - constructor; [intros []|constructor].
  - intros y. split; [|intros [<-|[]]; exact R]. intros Ry. left. symmetry.
    destruct (Rle_lt_dec zc y) as [C|C]; [now apply U|exfalso].
    destruct (Rtotal_order y (- zc)) as [D|[D|D]].
    + pose proof (rises_left h y (- zc) ltac:(lra)). lra.
    + subst y. lra.
    + pose proof (falls_between h (- zc) y ltac:(lra) ltac:(lra) ltac:(lra)). lra.
Qed.

Lemma count_on : has_exactly 2 (fun z => F hc separation z = 0).
Proof.
  pose proof spinodal_pos as P. fold hc in P. pose proof zc_pos.
  destruct (right_zero hc ltac:(lra)) as (z & Hz & R & U).
  pose proof (value_left hc) as V.
  exists [- zc; z]. split; [|split; [reflexivity|]].
  - constructor; [intros [E|[]]; lra|]. constructor; [intros []|constructor].
  - intros y. split; [|intros [<-|[<-|[]]]; [lra|exact R]]. intros Ry.
    destruct (Rle_lt_dec zc y) as [C|C]; [right; left; symmetry; now apply U|left].
    destruct (Rtotal_order y (- zc)) as [D|[D|D]].
    + pose proof (rises_left hc y (- zc) ltac:(lra)). lra.
    + now symmetry.
    + pose proof (falls_between hc (- zc) y ltac:(lra) ltac:(lra) ltac:(lra)). lra.
Qed.

Lemma count_below h : 0 <= h < hc -> has_exactly 3 (fun z => F h separation z = 0).
Proof.
  intros Hh. pose proof zc_pos.
  destruct (right_zero h ltac:(lra)) as (z3 & H3 & R3 & U3).
  pose proof (value_left h) as V. pose proof (value_right h) as W.
  destruct (IVT_cor (F h separation) (- zc) zc (F_cont h separation)) as (z2 & H2 & R2);
    [lra|nra|].
  set (low := Rmin (- zc) (h / 2 - separation / 2)).
  pose proof (Rmin_l (- zc) (h / 2 - separation / 2)) as L1.
  pose proof (Rmin_r (- zc) (h / 2 - separation / 2)) as L2. fold low in L1, L2.
  destruct (F_ivt h separation low (- zc)) as (z1 & H1 & R1).
  - exact L1.
  - unfold F. pose proof (tanh_gt_m1 low). nra.
  - lra.
  - assert (z1 <> - zc) by (intros ->; lra). assert (z2 <> - zc) by (intros ->; lra).
    assert (z2 <> zc) by (intros ->; lra).
    exists [z1; z2; z3]. split; [|split; [reflexivity|]].
    + constructor; [intros [E|[E|[]]]; lra|]. constructor; [intros [E|[]]; lra|].
      constructor; [intros []|constructor].
    + intros y. split; [|intros [<-|[<-|[<-|[]]]]; assumption]. intros Ry.
      destruct (Rle_lt_dec zc y) as [C|C]; [right; right; left; symmetry; now apply U3|].
      destruct (Rle_lt_dec (- zc) y) as [D|D]; [right; left|left].
      * destruct (Rtotal_order z2 y) as [B|[B|B]]; [|exact B|].
        -- pose proof (falls_between h z2 y ltac:(lra) ltac:(lra) ltac:(lra)). lra.
        -- pose proof (falls_between h y z2 ltac:(lra) ltac:(lra) ltac:(lra)). lra.
      * destruct (Rtotal_order z1 y) as [B|[B|B]]; [|exact B|].
        -- pose proof (rises_left h z1 y ltac:(lra)). lra.
        -- pose proof (rises_left h y z1 ltac:(lra)). lra.
Qed.
End Beyond.

Lemma count_mirror n h separation : has_exactly n (fun z => F (- h) separation z = 0) ->
  has_exactly n (fun z => F h separation z = 0).
Proof.
  apply (has_exactly_map n _ _ Ropp).
  - intros x y H. lra.
  - intros z. split.
    + intros R. exists (- z). split; [ring|]. rewrite F_mirror, R. ring.
    + intros (y & -> & R). rewrite <- (Ropp_involutive h), F_mirror, R. ring.
Qed.

Lemma count_abs n h separation : has_exactly n (fun z => F (Rabs h) separation z = 0) ->
  has_exactly n (fun z => F h separation z = 0).
Proof. unfold Rabs. destruct (Rcase_abs h); [apply count_mirror|trivial]. Qed.

Theorem counting alpha separation : 0 < alpha < 1 -> 0 < separation ->
  (separation <= 2 \/ (2 < separation /\ Rabs (log_odds alpha) > spinodal separation)
     -> has_exactly 1 (stationary alpha separation))
  /\ (2 < separation /\ Rabs (log_odds alpha) = spinodal separation
     -> has_exactly 2 (stationary alpha separation))
  /\ (2 < separation /\ Rabs (log_odds alpha) < spinodal separation
     -> has_exactly 3 (stationary alpha separation)).
Proof.
  intros Ha HL.
  assert (K : forall n, has_exactly n (fun z => F (Rabs (log_odds alpha)) separation z = 0) ->
                        has_exactly n (stationary alpha separation)).
  { intros n H. apply count_abs in H. revert H.
    apply (has_exactly_map n _ _ (fun z => sigmoid (2 * z))).
    - exact sigmoid_injective.
    - intros t. now apply stationary_root. }
  split; [|split].
  - intros [H|[H1 H2]]; apply K; [|now apply count_above].
    destruct (F_unique_root (Rabs (log_odds alpha)) separation) as (z & R & U); [lra|].
    exists [z]. split; [|split; [reflexivity|]].
    + constructor; [intros []|constructor].
    + intros y. split; [|intros [<-|[]]; exact R]. intros Ry. left. now apply U.
  - intros [H1 H2]. apply K. rewrite H2. now apply count_on.
  - intros [H1 H2]. apply K. apply count_below; [exact H1|]. split; [apply Rabs_pos|exact H2].
Qed.
