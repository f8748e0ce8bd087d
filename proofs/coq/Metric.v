(* T19, GDA-thm-metric: the root of the energy is a bounded metric.

   Hypotheses: one alpha in (0, 1) and one beta > 0; any dimension.

   [metric_zero]     sqrt(E(x, y)) >= 0, and it is 0 iff x = y;
   [metric_symmetric], [metric_triangle]  the other two laws of a metric;
   [metric_bounded]  it stays below the root of the ceiling. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Energy Vectors Nearest.
Open Scope R_scope.

Lemma distance_triangle d x y z : distance d x z <= distance d x y + distance d y z.
Proof.
  rewrite !distance_norm.
  pose proof (norm_triangle d (fun i => x i - y i) (fun i => y i - z i)) as T. cbv beta in T.
  rewrite (norm_ext d (fun i => x i - y i + (y i - z i)) (fun i => x i - z i)) in T
    by (intros i Hi; ring).
  exact T.
Qed.

Section Metric.
Variables (d : nat) (alpha beta : R).
Hypothesis Ha : 0 < alpha < 1.
Hypothesis Hb : 0 < beta.
Definition metric (x y : vector) : R := sqrt (energy alpha (separation_of d beta x y)).
Let root (L : R) : R := sqrt (energy alpha (beta * L ^ 2)).

Lemma length_nonneg L : 0 <= beta * L ^ 2.
Proof. apply Rmult_le_pos; [lra|apply pow2_ge_0]. Qed.

Lemma root_nonneg L : 0 <= root L.
Proof. apply sqrt_pos. Qed.

Lemma root_scale L c : 0 <= c <= 1 -> c * root L <= root (c * L).
Proof.
  intros Hc. unfold root. rewrite <- (sqrt_pow2 c) at 1 by lra.
  rewrite <- sqrt_mult by (nra || (apply energy_nonneg; [exact Ha|apply length_nonneg])).
  apply sqrt_le_1_alt. replace (beta * (c * L) ^ 2) with (c ^ 2 * (beta * L ^ 2)) by ring.
  apply envelope_chord; [exact Ha|apply length_nonneg|nra].
Qed.

Lemma root_increasing L L' : 0 <= L <= L' -> root L <= root L'.
Proof.
  intros H. unfold root. apply sqrt_le_1_alt.
  apply energy_le_iff; [exact Ha|apply length_nonneg..|]. apply Rmult_le_compat_l; [lra|nra].
Qed.

Lemma root_subadditive L L' : 0 <= L -> 0 <= L' -> root (L + L') <= root L + root L'.
Proof.
  intros H H'. destruct (Req_dec (L + L') 0) as [Z|Z].
  - assert (L = 0) as -> by lra. assert (L' = 0) as -> by lra.
    rewrite Rplus_0_r. pose proof (root_nonneg 0). lra.
  - assert (P : 0 < L + L') by lra.
    assert (C : forall x, 0 <= x <= L + L' -> 0 <= x / (L + L') <= 1)
      by (intros x Hx; split; [apply Rdiv_le_0_compat; lra|apply Rle_div_l; lra]).
    pose proof (root_scale (L + L') (L / (L + L')) (C L ltac:(lra))) as S.
    pose proof (root_scale (L + L') (L' / (L + L')) (C L' ltac:(lra))) as S'.
    replace (L / (L + L') * (L + L')) with L in S by (field; exact Z).
    replace (L' / (L + L') * (L + L')) with L' in S' by (field; exact Z).
    replace (root (L + L'))
      with (L / (L + L') * root (L + L') + L' / (L + L') * root (L + L')) by (field; exact Z).
    lra.
Qed.

Lemma metric_root x y : metric x y = root (distance d x y).
Proof. unfold metric, root. now rewrite separation_distance, distance_sym. Qed.

Theorem metric_zero x y : 0 <= metric x y /\ (metric x y = 0 <-> same d x y).
Proof.
  split; [apply sqrt_pos|]. unfold metric.
  assert (P : 0 <= separation_of d beta x y)
    by (apply Rmult_le_pos; [lra|apply squared_distance_nonneg]).
  destruct (envelope_zero alpha _ Ha P) as [N Z]. rewrite <- squared_distance_0. split.
  - intros S. apply sqrt_eq_0 in S; [|exact N]. apply Z in S. unfold separation_of in S.
    apply Rmult_integral in S. rewrite squared_distance_sym. lra.
  - intros S. rewrite (proj2 Z); [apply sqrt_0|].
    unfold separation_of. rewrite squared_distance_sym, S. ring.
Qed.

Theorem metric_symmetric x y : metric x y = metric y x.
Proof. rewrite !metric_root. now rewrite distance_sym. Qed.

Theorem metric_triangle x y z : metric x z <= metric x y + metric y z.
Proof.
  rewrite !metric_root. pose proof (distance_nonneg d x z). pose proof (distance_nonneg d x y).
  pose proof (distance_nonneg d y z). pose proof (distance_triangle d x y z).
  apply Rle_trans with (root (distance d x y + distance d y z)).
  - apply root_increasing. lra.
  - now apply root_subadditive.
Qed.

Theorem metric_bounded x y : metric x y < sqrt (ceiling alpha).
Proof.
  assert (P : 0 <= separation_of d beta x y)
    by (apply Rmult_le_pos; [lra|apply squared_distance_nonneg]).
  apply sqrt_lt_1_alt. split; [now apply energy_nonneg|now apply envelope_ceiling].
Qed.
End Metric.
