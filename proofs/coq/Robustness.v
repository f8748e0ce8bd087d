(* T17, GDA-thm-robustness, for shared alpha: how far the query may move before the index changes.

   Hypotheses: one alpha in (0, 1) and one beta > 0 for all keys, any dimension, mask and
   thresholds; delta is the shift of the query, L_j the length of key j's jump, r_j its radius. The
   minimum over j of the text is a condition on every unmasked j here, and a condition
   |delta| < x - y is written |delta| + y < x, so that infinite radii need no rule.

   [robustness]            if key i is selected, |delta| < r_i - L_i, and for every other unmasked j
                           |delta| < b_j or |delta| < L_j - r_j, then i is selected after the shift;
   [robustness_distances]  the same with (L_j - L_i)/2 in place of b_j, from distances alone;
   [robustness_abstention] an abstention persists while |delta| < L_j - r_j for every unmasked j;
   [robustness_tight]      without thresholds and mask, b_j is the best possible: for every number
                           above a finite b_j >= 0 a shorter shift than that changes the index. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Energy Vectors Selection Nearest Radius.
Open Scope R_scope.

Definition bound_b (d : nat) (query : vector) (keys : nat -> vector) (i j : nat) : Rbar :=
  if Req_EM_T (distance d (keys j) (keys i)) 0
  then if Nat.ltb i j then p_infty else m_infty
  else Finite ((distance d (keys j) query ^ 2 - distance d (keys i) query ^ 2)
               / (2 * distance d (keys j) (keys i))).

Section Robustness.
Variables (d n : nat) (alpha beta : R) (query : vector) (keys : nat -> vector).
Variables (mask : nat -> bool) (thresholds : nat -> Rbar).
Hypothesis Ha : 0 < alpha < 1.
Hypothesis Hb : 0 < beta.
Let energies (x : vector) (j : nat) := energy alpha (separation_of d beta x (keys j)).
Let L (x : vector) (j : nat) := distance d (keys j) x.
Let r (j : nat) := radius alpha beta (thresholds j).

Lemma admits_iff x j : Rbar_le (energies x j) (thresholds j) <-> Rbar_le (L x j) (r j).
Proof.
  unfold energies. rewrite separation_distance.
  apply radius_admits; [exact Ha|exact Hb|apply distance_nonneg].
Qed.

Lemma precedes_iff x i j : precedes (energies x) i j <-> precedes (L x) i j.
Proof.
  pose proof (nearest_order d alpha beta x (keys i) (keys j) Ha Hb) as A.
  pose proof (nearest_order d alpha beta x (keys j) (keys i) Ha Hb) as B.
  fold (energies x i) (energies x j) (L x i) (L x j) in A, B. unfold precedes.
  split; (intros [H|[H K]]; [left; apply Rnot_le_lt; intros C; apply B in C; lra|right]);
    (split; [apply Rle_antisym; [apply A|apply B]; lra|exact K]).
Qed.

(* what is used of a shift: i stays admitted, and every other admitted key stays behind it *)
Lemma stays x x' i : gd_attention mask (energies x) thresholds n = Some i ->
  Rbar_le (L x' i) (r i) ->
  (forall j, (j < n)%nat -> mask j = true -> j <> i ->
     Rbar_le (L x' j) (r j) -> precedes (L x') i j) ->
  gd_attention mask (energies x') thresholds n = Some i.
Proof.
  intros S A P. apply selection in S. destruct S as [(I & M & _) _]. apply selection.
  split; [split; [exact I|split; [exact M|now apply admits_iff]]|].
  intros j (J & Mj & Tj). change (precedes (energies x') i j). apply precedes_iff.
  destruct (PeanoNat.Nat.eq_dec j i) as [->|Ne]; [apply precedes_refl|].
  apply P; try assumption. now apply admits_iff.
Qed.

Lemma stays_admitted delta i : Rbar_lt (norm d delta + L query i) (r i) ->
  Rbar_le (L (shift query delta 1) i) (r i).
Proof.
  intros H. apply Rbar_lt_le. apply Rbar_le_lt_trans with (2 := H). simpl.
  pose proof (distance_shift d (keys i) query delta). unfold L. lra.
Qed.

Lemma stays_excluded delta j : Rbar_lt (r j) (L query j - norm d delta) ->
  ~ Rbar_le (L (shift query delta 1) j) (r j).
Proof.
  intros H A. assert (C : Rbar_lt (L (shift query delta 1) j) (L query j - norm d delta))
    by (apply Rbar_le_lt_trans with (r j); assumption).
  simpl in C. pose proof (distance_shift d (keys j) query delta). unfold L in C. lra.
Qed.

Lemma stays_behind delta i j : i <> j -> Rbar_lt (norm d delta) (bound_b d query keys i j) ->
  precedes (L (shift query delta 1)) i j.
Proof.
  intros Ne. unfold bound_b. set (D := distance d (keys j) (keys i)).
  destruct (Req_EM_T D 0) as [Z|Z].
  - destruct (PeanoNat.Nat.ltb_spec i j) as [C|C]; [|intros []]. intros _. right. split; [|lia].
    unfold L, distance. f_equal. apply squared_distance_ext; [|apply same_refl].
    intros c Hc. symmetry. revert c Hc. change (same d (keys j) (keys i)).
    apply squared_distance_0. rewrite <- distance_square. fold D. rewrite Z. ring.
  - assert (P : 0 < D) by (pose proof (distance_nonneg d (keys j) (keys i)); fold D in H; lra).
    simpl. intros H. left.
    assert (H2 : 2 * (norm d delta * D) < L query j ^ 2 - L query i ^ 2).
    { apply Rlt_div_r in H; [|lra]. unfold L. lra. }
    pose proof (shift_difference d (keys i) (keys j) query delta) as S.
    pose proof (cauchy_schwarz d delta (fun c => keys j c - keys i c)) as C.
    rewrite <- distance_norm in C. fold D in C. rewrite <- !distance_square in S.
    fold (L query i) (L query j) in S.
    fold (L (shift query delta 1) i) (L (shift query delta 1) j) in S.
    pose proof (distance_nonneg d (keys i) (shift query delta 1)) as Pi.
    pose proof (distance_nonneg d (keys j) (shift query delta 1)) as Pj.
    fold (L (shift query delta 1) i) in Pi. fold (L (shift query delta 1) j) in Pj.
    apply Rnot_le_lt. intros N. nra.
Qed.

Theorem robustness i delta : gd_attention mask (energies query) thresholds n = Some i ->
  Rbar_lt (norm d delta + L query i) (r i) ->
  (forall j, (j < n)%nat -> mask j = true -> j <> i ->
     Rbar_lt (norm d delta) (bound_b d query keys i j)
     \/ Rbar_lt (r j) (L query j - norm d delta)) ->
  gd_attention mask (energies (shift query delta 1)) thresholds n = Some i.
Proof.
  intros S A B. apply (stays query); [exact S|now apply stays_admitted|].
  intros j J M Ne T. destruct (B j J M Ne) as [C|C].
  - now apply stays_behind; [apply not_eq_sym|].
  - exfalso. now apply (stays_excluded delta j).
Qed.

Theorem robustness_distances i delta : gd_attention mask (energies query) thresholds n = Some i ->
  Rbar_lt (norm d delta + L query i) (r i) ->
  (forall j, (j < n)%nat -> mask j = true -> j <> i ->
     norm d delta < (L query j - L query i) / 2
     \/ Rbar_lt (r j) (L query j - norm d delta)) ->
  gd_attention mask (energies (shift query delta 1)) thresholds n = Some i.
Proof.
  intros S A B. apply (stays query); [exact S|now apply stays_admitted|].
  intros j J M Ne T. destruct (B j J M Ne) as [C|C].
  - left. pose proof (distance_shift d (keys i) query delta).
    pose proof (distance_shift d (keys j) query delta). unfold L in *. lra.
  - exfalso. now apply (stays_excluded delta j).
Qed.

Theorem robustness_abstention delta : gd_attention mask (energies query) thresholds n = None ->
  (forall j, (j < n)%nat -> mask j = true -> Rbar_lt (r j) (L query j - norm d delta)) ->
  gd_attention mask (energies (shift query delta 1)) thresholds n = None.
Proof.
  intros _ B. apply selection_abstains. intros j J M T. apply admits_iff in T.
  now apply (stays_excluded delta j (B j J M)).
Qed.
End Robustness.

(* along k_j - k_i by c with b_j < c < rho key j gets strictly nearer than key i *)
Theorem robustness_tight d n alpha beta query keys i j b rho :
  0 < alpha < 1 -> 0 < beta -> (j < n)%nat -> bound_b d query keys i j = Finite b ->
  0 <= b < rho ->
  exists delta, norm d delta < rho /\
    gd_attention (fun _ => true)
      (fun k => energy alpha (separation_of d beta (shift query delta 1) (keys k)))
      (fun _ => p_infty) n <> Some i.
Proof.
  intros Ha Hb J. unfold bound_b. set (D := distance d (keys j) (keys i)).
  destruct (Req_EM_T D 0) as [Z|Z]; [destruct (Nat.ltb i j); discriminate|].
  intros E [B0 B]. injection E as E.
  assert (P : 0 < D) by (pose proof (distance_nonneg d (keys j) (keys i)); fold D in H; lra).
  set (c := (b + rho) / 2). assert (Hc : b < c < rho) by (unfold c; lra).
  set (delta := fun x : nat => c / D * (keys j x - keys i x)). exists delta.
  assert (Q : inner d (fun x => keys j x - keys i x) (fun x => keys j x - keys i x) = D ^ 2).
  { rewrite <- norm_square, <- distance_norm. reflexivity. }
  assert (In1 : inner d delta (fun x => keys j x - keys i x) = c * D).
  { replace (c * D) with (c / D * D ^ 2 + 0 * sum d (fun _ => 0)) by (field; lra).
    rewrite <- Q. unfold inner. rewrite <- sum_linear. apply sum_ext. intros. unfold delta. ring. }
  assert (In2 : inner d delta delta = c ^ 2).
  { replace (c ^ 2) with (c / D * (c * D) + 0 * sum d (fun _ => 0)) by (field; lra).
    rewrite <- In1. unfold inner. rewrite <- sum_linear. apply sum_ext. intros. unfold delta.
    ring. }
  split.
  - unfold norm. rewrite In2, sqrt_pow2 by lra. lra.
  - intros S. apply selection in S. destruct S as [_ Least].
    pose proof (Least j (conj J (conj eq_refl I))) as Lj.
    assert (K : energy alpha (separation_of d beta (shift query delta 1) (keys i))
                <= energy alpha (separation_of d beta (shift query delta 1) (keys j)))
      by (destruct Lj as [Lj|[Lj _]]; lra).
    apply nearest_order in K; [|exact Ha|exact Hb].
    pose proof (shift_difference d (keys i) (keys j) query delta) as S. rewrite In1 in S.
    rewrite <- !distance_square in S.
    assert (Eb : distance d (keys j) query ^ 2 - distance d (keys i) query ^ 2 = 2 * b * D)
      by (rewrite <- E; field; lra).
    pose proof (distance_nonneg d (keys i) (shift query delta 1)). nra.
Qed.
