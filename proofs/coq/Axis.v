(* T1, GDA-thm-axis, and what it carries over to R^d: GDA-thm-stationarity, GDA-thm-uniqueness and
   GDA-def-energy.

   Hypotheses: 0 < alpha < 1, beta > 0, any dimension d (0 included), any query and key; where the
   text says L > 0, so does the statement. [coord] and [off_axis] are the coordinate of the foot of
   the perpendicular from x to the axis and the squared distance from x to that foot.

   [axis_split]       phi(x) = beta |y|^2 + f(t), with t = coord x and |y|^2 = off_axis x;
   [axis_on]          on the axis phi(q + t (k - q)) = f(t);
   [axis_stationary]  the stationary points are the q + t (k - q) with t stationary for f, and then
                      0 < t < 1: strictly between query and key;
   [axis_minimisers]  the minimisers are the q + t (k - q) with t a minimiser of f;
   [axis_same]        if query = key then phi(x) = beta |x - q|^2;
   [alignment_energy_axis]  the energy over R^d is attained and equals the energy along the axis;
   [uniqueness_space] the minimiser in R^d is unique iff alpha <> 1/2 or separation <= 2,
                      separation 0 included. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis Mixture Stationarity Uniqueness Energy Vectors.
Open Scope R_scope.

Definition coord (d : nat) (query key x : vector) : R :=
  sum d (fun i => (x i - query i) * (key i - query i)) / squared_distance d key query.
Definition off_axis (d : nat) (query key x : vector) : R :=
  squared_distance d x (on_axis query key (coord d query key x)).

Lemma landscape_ext d alpha beta query key x y : same d x y ->
  landscape d alpha beta query key x = landscape d alpha beta query key y.
Proof.
  intros E. unfold landscape.
  now rewrite (squared_distance_ext d x query y query), (squared_distance_ext d x key y key)
    by (assumption || apply same_refl).
Qed.

Section Apart.
Variables (d : nat) (alpha beta : R) (query key : vector).
Hypothesis Ha : 0 < alpha < 1.
Hypothesis Hb : 0 < beta.
Hypothesis Hkq : 0 < squared_distance d key query.
Let D := squared_distance d key query.
Let separation := separation_of d beta query key.
Let phi := landscape d alpha beta query key.
Let t_of := coord d query key.
Let off := off_axis d query key.

Lemma separation_pos : 0 < separation.
Proof. now apply Rmult_lt_0_compat. Qed.

Lemma distance_to_axis x t :
  squared_distance d x (on_axis query key t)
  = squared_distance d x query - 2 * t * (t_of x * D) + t ^ 2 * D.
Proof.
  unfold t_of, coord. fold D.
  replace (sum d (fun i => (x i - query i) * (key i - query i)) / D * D)
    with (sum d (fun i => (x i - query i) * (key i - query i))) by (field; unfold D; lra).
  unfold D, squared_distance, on_axis, shift, jump.
  rewrite (sum_ext d _ (fun i =>
    1 * (1 * (x i - query i) ^ 2 + (- 2 * t) * ((x i - query i) * (key i - query i)))
    + t ^ 2 * (key i - query i) ^ 2)) by (intros; ring).
  rewrite sum_linear, sum_linear. ring.
Qed.

Lemma pythagoras_query x : squared_distance d x query = off x + t_of x ^ 2 * D.
Proof. unfold off, off_axis. rewrite distance_to_axis. fold t_of. ring. Qed.

Lemma pythagoras_key x : squared_distance d x key = off x + (1 - t_of x) ^ 2 * D.
Proof.
  assert (E : squared_distance d x key = squared_distance d x (on_axis query key 1)).
  { apply sum_ext. intros. unfold on_axis, shift, jump. ring. }
  unfold off, off_axis. rewrite E, !distance_to_axis. fold t_of. ring.
Qed.

Theorem axis_split x : phi x = beta * off x + axis_energy alpha separation (t_of x).
Proof.
  assert (E : alpha * exp (- beta * squared_distance d x query)
              + (1 - alpha) * exp (- beta * squared_distance d x key)
              = exp (- beta * off x) * mixture alpha separation (t_of x)).
  { unfold mixture, separation, separation_of. fold D.
    rewrite pythagoras_query, pythagoras_key, !Rmult_plus_distr_l, !exp_plus.
    replace (- beta * (t_of x ^ 2 * D)) with (- (beta * D) * t_of x ^ 2) by ring.
    replace (- beta * ((1 - t_of x) ^ 2 * D)) with (- (beta * D) * (1 - t_of x) ^ 2) by ring.
    ring. }
  unfold phi, landscape, axis_energy. rewrite E, ln_mult, ln_exp.
  - ring.
  - apply exp_pos.
  - now apply mixture_pos.
Qed.

Lemma off_nonneg x : 0 <= off x.
Proof. apply squared_distance_nonneg. Qed.

Lemma coord_shift x v e : t_of (shift x v e)
  = t_of x + e * (sum d (fun i => v i * (key i - query i)) / D).
Proof.
  unfold t_of, coord, shift. fold D.
  rewrite (sum_ext d _ (fun i => 1 * ((x i - query i) * (key i - query i))
                                 + e * (v i * (key i - query i)))) by (intros; ring).
  rewrite sum_linear. field. unfold D. lra.
Qed.

Lemma coord_on_axis t : t_of (on_axis query key t) = t.
Proof.
  unfold on_axis. rewrite coord_shift. unfold t_of, coord, jump.
  rewrite (sum_ext d (fun i => (query i - query i) * (key i - query i)) (fun _ => 0))
    by (intros; ring).
  rewrite sum_const_0.
  rewrite (sum_ext d (fun i => (key i - query i) * (key i - query i))
             (fun i => (key i - query i) ^ 2)) by (intros; ring).
  fold (squared_distance d key query). fold D. field. unfold D. lra.
Qed.

Lemma coord_ext x y : same d x y -> t_of x = t_of y.
Proof. intros E. unfold t_of, coord. f_equal. apply sum_ext. intros i Hi. now rewrite E. Qed.

Lemma off_on_axis t : off (on_axis query key t) = 0.
Proof.
  unfold off, off_axis. fold t_of. rewrite coord_on_axis.
  apply squared_distance_0, same_refl.
Qed.

Lemma off_0 x : off x = 0 <-> same d x (on_axis query key (t_of x)).
Proof. apply squared_distance_0. Qed.

Lemma axis_on_apart t : phi (on_axis query key t) = axis_energy alpha separation t.
Proof. rewrite axis_split, coord_on_axis, off_on_axis. ring. Qed.

Lemma minimisers_apart x : global_minimiser d alpha beta query key x
  <-> exists t, minimiser alpha separation t /\ same d x (on_axis query key t).
Proof.
  unfold global_minimiser. fold phi. split.
  - intros M. pose proof (M (on_axis query key (t_of x))) as O.
    rewrite axis_on_apart, axis_split in O.
    assert (Z : off x = 0) by (pose proof (off_nonneg x); nra).
    exists (t_of x). split; [|now apply off_0].
    intros t. specialize (M (on_axis query key t)).
    rewrite axis_on_apart, axis_split, Z in M. lra.
  - intros (t & M & E) y. unfold phi. rewrite (landscape_ext _ _ _ _ _ x _ E). fold phi.
    rewrite axis_on_apart, axis_split. pose proof (off_nonneg y). specialize (M (t_of y)). nra.
Qed.

(* off the axis along x - foot: phi grows like (1 + e)^2; along the jump: phi follows f *)
Lemma stationary_on_axis x : stationary_point d alpha beta query key x ->
  same d x (on_axis query key (t_of x)) /\ stationary alpha separation (t_of x).
Proof.
  unfold stationary_point. fold phi. intros S. split.
  - set (foot := on_axis query key (t_of x)). set (v := fun i => x i - foot i).
    assert (V : sum d (fun i => v i * (key i - query i)) / D = 0).
    { assert (C : t_of foot = t_of x) by apply coord_on_axis.
      assert (E : same d x (shift foot v 1)) by (intros i Hi; unfold shift, v; ring).
      rewrite (coord_ext _ _ E), coord_shift, C in C. lra. }
    assert (G : forall e, phi (shift x v e)
                          = beta * off x * (1 + e) ^ 2 + axis_energy alpha separation (t_of x)).
    { intros e. rewrite axis_split, coord_shift, V, Rmult_0_r, Rplus_0_r. f_equal.
      rewrite Rmult_assoc. f_equal. unfold off at 1, off_axis. fold t_of.
      rewrite coord_shift, V, Rmult_0_r, Rplus_0_r. fold foot.
      replace (off x * (1 + e) ^ 2)
        with ((1 + e) ^ 2 * sum d (fun i => (x i - foot i) ^ 2) + 0 * sum d (fun _ => 0))
        by (unfold off, off_axis, squared_distance; fold t_of foot; ring).
      rewrite <- sum_linear. apply sum_ext. intros. unfold shift, v. ring. }
    specialize (S v). apply (is_derive_ext _ _ _ _ G) in S.
    assert (S' : is_derive (fun e => beta * off x * (1 + e) ^ 2
                                     + axis_energy alpha separation (t_of x)) 0
                           (2 * (beta * off x))) by (auto_derive; [trivial|ring]).
    assert (B : 2 * (beta * off x) = 0).
    { rewrite <- (is_derive_unique _ _ _ S'). exact (is_derive_unique _ _ _ S). }
    apply off_0. assert (B' : beta * off x = 0) by lra. apply Rmult_integral in B'. lra.
  - assert (J : sum d (fun i => jump query key i * (key i - query i)) / D = 1).
    { unfold jump. rewrite (sum_ext d _ (fun i => (key i - query i) ^ 2)) by (intros; ring).
      fold (squared_distance d key query). fold D. field. unfold D. lra. }
    assert (G : forall t, phi (shift x (jump query key) (t - t_of x)) - beta * off x
                          = axis_energy alpha separation t).
    { intros t. rewrite axis_split, coord_shift, J.
      assert (O : off (shift x (jump query key) (t - t_of x)) = off x).
      { unfold off, off_axis. fold t_of. rewrite coord_shift, J. apply sum_ext.
        intros i Hi. unfold on_axis, shift, jump. ring. }
      rewrite O. replace (t_of x + (t - t_of x) * 1) with t by ring. ring. }
    apply (is_derive_ext _ _ _ _ G). specialize (S (jump query key)).
    replace 0 with (1 * 0 - 0) by ring.
    apply (is_derive_minus (fun t => phi (shift x (jump query key) (t - t_of x)))
             (fun _ => beta * off x)).
    + apply (is_derive_comp (fun e => phi (shift x (jump query key) e)) (fun t => t - t_of x)).
      * now replace (t_of x - t_of x) with 0 by ring.
      * auto_derive; [trivial|ring].
    + apply @is_derive_const.
Qed.

Lemma stationary_of_axis x t : same d x (on_axis query key t) -> stationary alpha separation t ->
  stationary_point d alpha beta query key x.
Proof.
  intros E S v. fold phi. set (c := sum d (fun i => v i * (key i - query i)) / D).
  set (W := sum d (fun i => (v i - c * (key i - query i)) ^ 2)).
  assert (T : t_of x = t) by (rewrite (coord_ext _ _ E); apply coord_on_axis).
  assert (G : forall e, beta * W * e ^ 2 + axis_energy alpha separation (t + e * c)
                        = phi (shift x v e)).
  { intros e. rewrite axis_split, coord_shift, T. fold c. f_equal. rewrite Rmult_assoc. f_equal.
    unfold off, off_axis. fold t_of. rewrite coord_shift, T. fold c.
    replace (W * e ^ 2) with (e ^ 2 * W + 0 * sum d (fun _ => 0)) by ring. unfold W.
    rewrite <- sum_linear. apply sum_ext. intros i Hi. unfold shift at 1. rewrite (E i Hi).
    unfold on_axis, shift, jump. ring. }
  apply (is_derive_ext _ _ _ _ G). replace 0 with (0 + c * 0) at 2 by ring.
  apply (is_derive_plus (fun e => beta * W * e ^ 2)
           (fun e => axis_energy alpha separation (t + e * c))).
  - auto_derive; [trivial|ring].
  - apply (is_derive_comp (axis_energy alpha separation) (fun e => t + e * c)).
    + now replace (t + 0 * c) with t by ring.
    + auto_derive; [trivial|ring].
Qed.

Theorem axis_stationary x : stationary_point d alpha beta query key x
  <-> exists t, 0 < t < 1 /\ stationary alpha separation t /\ same d x (on_axis query key t).
Proof.
  split.
  - intros S. destruct (stationary_on_axis x S) as [E St]. exists (t_of x).
    split; [|tauto]. apply stationarity in St; [|exact Ha|exact separation_pos].
    rewrite St. apply sigmoid_pos.
  - intros (t & _ & St & E). now apply (stationary_of_axis x t).
Qed.
End Apart.

Section Any.
Variables (d : nat) (alpha beta : R) (query key : vector).
Hypothesis Ha : 0 < alpha < 1.
Hypothesis Hb : 0 < beta.
Let separation := separation_of d beta query key.
Let phi := landscape d alpha beta query key.

Lemma separation_nonneg : 0 <= separation.
Proof. apply Rmult_le_pos; [lra|apply squared_distance_nonneg]. Qed.

Theorem axis_same x : same d key query -> phi x = beta * squared_distance d x query.
Proof.
  intros E. unfold phi, landscape.
  rewrite (squared_distance_ext d x key x query) by (exact E || apply same_refl).
  replace (alpha * exp (- beta * squared_distance d x query)
           + (1 - alpha) * exp (- beta * squared_distance d x query))
    with (exp (- beta * squared_distance d x query)) by ring.
  rewrite ln_exp. ring.
Qed.

Lemma on_axis_same t : same d key query -> same d (on_axis query key t) query.
Proof. intros E i Hi. unfold on_axis, shift, jump. rewrite (E i Hi). ring. Qed.

Lemma separation_same : same d key query -> separation = 0.
Proof.
  intros E. unfold separation, separation_of. apply squared_distance_0 in E. rewrite E. ring.
Qed.

Theorem axis_on t : phi (on_axis query key t) = axis_energy alpha separation t.
Proof.
  destruct (squared_distance_nonneg d key query) as [P|Z]; [now apply axis_on_apart|].
  symmetry in Z. apply squared_distance_0 in Z.
  rewrite axis_same, separation_same by exact Z. unfold axis_energy.
  rewrite mixture_sep_0, ln_1, (proj2 (squared_distance_0 d _ _) (on_axis_same t Z)). ring.
Qed.

Theorem axis_minimisers x : global_minimiser d alpha beta query key x
  <-> exists t, minimiser alpha separation t /\ same d x (on_axis query key t).
Proof.
  destruct (squared_distance_nonneg d key query) as [P|Z]; [now apply minimisers_apart|].
  symmetry in Z. apply squared_distance_0 in Z. unfold global_minimiser. fold phi.
  pose proof (separation_same Z) as ZL. split.
  - intros M. specialize (M query). rewrite !axis_same in M by exact Z.
    rewrite (proj2 (squared_distance_0 d query query) (same_refl d query)) in M.
    assert (E : same d x query)
      by (apply squared_distance_0; pose proof (squared_distance_nonneg d x query); nra).
    exists 0. split; [rewrite ZL; now apply minimiser_sep_0|].
    intros i Hi. rewrite (E i Hi). symmetry. now apply on_axis_same.
  - intros (t & _ & E) y. rewrite !axis_same by exact Z.
    rewrite (proj2 (squared_distance_0 d x query)).
    + pose proof (squared_distance_nonneg d y query). nra.
    + intros i Hi. rewrite (E i Hi). now apply on_axis_same.
Qed.

Theorem alignment_energy_axis :
  alignment_energy d alpha beta query key = energy alpha separation
  /\ exists s, global_minimiser d alpha beta query key s /\ phi s = energy alpha separation.
Proof.
  destruct (minimiser_exists alpha separation Ha separation_nonneg) as (t & _ & M).
  assert (G : global_minimiser d alpha beta query key (on_axis query key t))
    by (apply axis_minimisers; exists t; split; [exact M|apply same_refl]).
  assert (V : phi (on_axis query key t) = energy alpha separation)
    by (rewrite axis_on; symmetry; now apply energy_minimiser).
  split; [|now exists (on_axis query key t)].
  unfold alignment_energy.
  erewrite is_glb_Rbar_unique with (l := Finite (energy alpha separation)); [reflexivity|].
  rewrite <- V. split.
  - intros e (s & ->). simpl. apply G.
  - intros b B. apply B. now exists (on_axis query key t).
Qed.

Theorem uniqueness_space :
  (forall x y, global_minimiser d alpha beta query key x ->
               global_minimiser d alpha beta query key y -> same d x y)
  <-> alpha <> 1/2 \/ separation <= 2.
Proof.
  split.
  - intros U. destruct (Req_dec alpha (1/2)) as [Ea|]; [right|now left].
    apply Rnot_lt_le. intros C. destruct (uniqueness_two separation C) as (t & Ht & M).
    assert (E : same d (on_axis query key t) (on_axis query key (1 - t))).
    { apply U; apply axis_minimisers; rewrite Ea.
      - exists t. split; [apply M; now left|apply same_refl].
      - exists (1 - t). split; [apply M; now right|apply same_refl]. }
    assert (Z : same d key query).
    { intros i Hi. specialize (E i Hi). unfold on_axis, shift, jump in E.
      assert (K : (2 * t - 1) * (key i - query i) = 0) by lra.
      apply Rmult_integral in K. lra. }
    apply separation_same in Z. lra.
  - intros H x y Mx My. apply axis_minimisers in Mx. apply axis_minimisers in My.
    destruct Mx as (t & Mt & Ex). destruct My as (u & Mu & Ey).
    intros i Hi. rewrite (Ex i Hi), (Ey i Hi).
    destruct (squared_distance_nonneg d key query) as [P|Z].
    + assert (HL : 0 < separation) by now apply Rmult_lt_0_compat.
      destruct (unique_minimiser alpha separation Ha HL H) as (r & _ & U).
      now rewrite <- (U t Mt), <- (U u Mu).
    + symmetry in Z. apply squared_distance_0 in Z.
      rewrite (on_axis_same t Z i Hi), (on_axis_same u Z i Hi). reflexivity.
Qed.
End Any.
