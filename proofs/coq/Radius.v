(* The radius of a threshold: GDA-def-radius, and T9, GDA-thm-vacuous.

   Hypotheses: 0 < alpha < 1, beta > 0, a threshold that is a real or one of the infinities. The
   radius is defined as a supremum, over an empty set for a negative threshold.

   [radius_admits]      E(beta L^2) <= tau iff L <= radius: the supremum is attained where it is
                        finite, and the threshold is a closed ball around the key;
   [vacuous_ceiling]    a threshold at or above -log max(alpha, 1 - alpha) excludes nothing;
   [vacuous_negative]   a negative one excludes everything;
   [vacuous_zero]       0 admits separation 0 only;
   [radius_ceiling], [radius_negative]  the radius is +oo and -oo in the first two cases. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Energy Nearest.
Open Scope R_scope.

Section Radius.
Variables (alpha beta : R).
Hypothesis Ha : 0 < alpha < 1.
Hypothesis Hb : 0 < beta.

Theorem vacuous_ceiling threshold separation : Rbar_le (ceiling alpha) threshold ->
  0 <= separation -> Rbar_le (energy alpha separation) threshold.
Proof.
  intros T HL. apply Rbar_le_trans with (2 := T). simpl. left. now apply envelope_ceiling.
Qed.

Theorem vacuous_negative threshold separation : Rbar_lt threshold 0 -> 0 <= separation ->
  ~ Rbar_le (energy alpha separation) threshold.
Proof.
  intros T HL H. pose proof (energy_nonneg alpha separation Ha HL) as P.
  assert (C : Rbar_lt (energy alpha separation) 0) by (apply Rbar_le_lt_trans with threshold;
    assumption).
  simpl in C. lra.
Qed.

Theorem vacuous_zero separation : 0 <= separation ->
  (Rbar_le (energy alpha separation) 0 <-> separation = 0).
Proof.
  intros HL. destruct (envelope_zero alpha separation Ha HL) as [P Z]. rewrite <- Z. simpl.
  split; lra.
Qed.

Lemma separation_of_length L : 0 <= beta * L ^ 2.
Proof. apply Rmult_le_pos; [lra|apply pow2_ge_0]. Qed.

Lemma energy_length L L' : 0 <= L -> 0 <= L' ->
  energy alpha (beta * L ^ 2) <= energy alpha (beta * L' ^ 2) -> L <= L'.
Proof.
  intros H H' E. apply energy_le_iff in E; [|exact Ha|apply separation_of_length..].
  apply Rmult_le_reg_l in E; [|exact Hb]. apply Rnot_lt_le. intros C. nra.
Qed.

(* beyond the threshold at L, every admitted length is at most L, and at most some L' < L *)
Lemma radius_below L threshold : 0 <= L -> ~ Rbar_le (energy alpha (beta * L ^ 2)) threshold ->
  Rbar_lt (radius alpha beta threshold) L.
Proof.
  intros HL N. apply Rbar_not_le_lt in N.
  assert (U : forall M, 0 <= M -> Rbar_lt threshold (energy alpha (beta * M ^ 2)) ->
                        Rbar_le (radius alpha beta threshold) M).
  { intros M HM T. unfold radius. apply (proj2 (Lub_Rbar_correct _)). intros x [Hx Ex]. simpl.
    apply energy_length; [exact Hx|exact HM|].
    assert (C : Rbar_lt (energy alpha (beta * x ^ 2)) (energy alpha (beta * M ^ 2)))
      by (apply Rbar_le_lt_trans with threshold; assumption).
    left. exact C. }
  assert (Neg : Rbar_lt threshold 0 -> radius alpha beta threshold = m_infty).
  { intros T. apply is_lub_Rbar_unique. split.
    - intros x [Hx Ex]. exfalso. revert Ex. apply vacuous_negative; [exact T|].
      apply separation_of_length.
    - intros b _. destruct b; simpl; trivial. }
  destruct (Rbar_lt_le_dec threshold 0) as [T|T]; [now rewrite (Neg T)|].
  destruct threshold as [tau| |]; [|destruct N|destruct T].
  change (tau < energy alpha (beta * L ^ 2)) in N. change (0 <= tau) in T.
  set (E := energy alpha (beta * L ^ 2)) in *. set (c := (1 + tau / E) / 2).
  assert (HE : 0 < E) by lra.
  assert (Hq : 0 <= tau / E < 1).
  { split; [apply Rdiv_le_0_compat; lra|apply Rlt_div_l; lra]. }
  assert (Hc : 0 < c < 1) by (unfold c; lra).
  assert (HLp : 0 < L).
  { destruct HL as [HL|HL]; [exact HL|exfalso]. unfold E in HE. rewrite <- HL in HE.
    replace (beta * 0 ^ 2) with 0 in HE by ring. rewrite envelope_at_0 in HE by exact Ha. lra. }
  assert (Hs : 0 < sqrt c < 1).
  { split; [apply sqrt_lt_R0; lra|]. rewrite <- sqrt_1. apply sqrt_lt_1; lra. }
  apply Rbar_le_lt_trans with (sqrt c * L); [|simpl; nra].
  apply U; [nra|]. change (tau < energy alpha (beta * (sqrt c * L) ^ 2)).
  replace (beta * (sqrt c * L) ^ 2) with (sqrt c ^ 2 * (beta * L ^ 2)) by ring.
  rewrite pow2_sqrt by lra.
  apply Rlt_le_trans with (c * E).
  - unfold c. replace ((1 + tau / E) / 2 * E) with ((E + tau) / 2) by (field; lra). lra.
  - apply envelope_chord; [exact Ha|apply separation_of_length|lra].
Qed.

Theorem radius_admits L threshold : 0 <= L ->
  (Rbar_le (energy alpha (beta * L ^ 2)) threshold <-> Rbar_le L (radius alpha beta threshold)).
Proof.
  intros HL. split.
  - intros T. apply (proj1 (Lub_Rbar_correct _)). now split.
  - intros R. destruct (Rbar_le_dec (energy alpha (beta * L ^ 2)) threshold) as [T|N]; [exact T|].
    apply radius_below in N; [|exact HL]. exfalso. apply (Rbar_le_not_lt _ _ R N).
Qed.

Theorem radius_ceiling threshold : Rbar_le (ceiling alpha) threshold ->
  radius alpha beta threshold = p_infty.
Proof.
  intros T. assert (A : forall L, 0 <= L -> Rbar_le L (radius alpha beta threshold)).
  { intros L HL. apply radius_admits; [exact HL|].
    apply vacuous_ceiling; [exact T|apply separation_of_length]. }
  destruct (radius alpha beta threshold) as [r| |]; [|reflexivity|].
  - pose proof (A 0 (Rle_refl 0)) as B. simpl in B.
    pose proof (A (r + 1) ltac:(lra)) as C. simpl in C. lra.
  - destruct (A 0 (Rle_refl 0)).
Qed.

Theorem radius_negative threshold : Rbar_lt threshold 0 -> radius alpha beta threshold = m_infty.
Proof.
  intros T. apply is_lub_Rbar_unique. split.
  - intros x [Hx Ex]. exfalso. revert Ex. apply vacuous_negative; [exact T|].
    apply separation_of_length.
  - intros b _. destruct b; simpl; trivial.
Qed.
End Radius.
