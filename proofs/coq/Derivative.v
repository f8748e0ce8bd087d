(* T6, GDA-thm-envelope, part 1: the derivative of the alignment energy in the separation.

   Hypotheses: 0 < alpha < 1, separation > 0, t any minimiser (where there are two, both give the
   same value).

   [envelope_derivative]  dE/d(separation) = t (1 - t), and 0 < t (1 - t) <= 1/4;
   [envelope_elasticity]  0 < separation * t (1 - t) <= E: the relative form, part 4.

   Two difference quotients enclose the derivative: the landscape at a fixed coordinate lies above
   the energy, and its slope in the separation at a minimiser is t (1 - t) (tangent_above). So only
   the continuity of the largest zero of F in the separation is left to prove. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis Mixture Stationarity Root Uniqueness Energy.
From GDAttention Require Import Computation Symmetry.
Open Scope R_scope.

(* the landscape at a fixed coordinate lies below its tangent in the separation *)
Lemma tangent_above alpha separation separation' t : 0 < alpha < 1 -> 0 < separation ->
  stationary alpha separation t ->
  axis_energy alpha separation' t
  <= axis_energy alpha separation t + (separation' - separation) * (t * (1 - t)).
Proof.
  intros Ha HL S. pose proof (mixture_pos alpha separation t Ha) as P.
  set (A := alpha * exp (- separation * t ^ 2)).
  set (B := (1 - alpha) * exp (- separation * (1 - t) ^ 2)).
  assert (M : mixture alpha separation t = A + B) by reflexivity.
  assert (E : (1 - t) * B = t * A).
  { apply stationary_slope in S; [|exact Ha]. unfold slope in S. fold A B in S.
    apply Rmult_integral in S. destruct S as [S|S]; lra. }
  assert (EA : A = (1 - t) * (A + B)) by lra. assert (EB : B = t * (A + B)) by lra.
  set (e := separation' - separation).
  assert (N : exp (- (e * (t * (1 - t)))) * (A + B) <= mixture alpha separation' t).
  { replace (mixture alpha separation' t)
      with (A * exp (- e * t ^ 2) + B * exp (- e * (1 - t) ^ 2)).
    - assert (Ht : 0 < t < 1).
      { apply stationarity in S; [|exact Ha|exact HL]. rewrite S. apply sigmoid_pos. }
      pose proof (exp_convex (1 - t) (- e * t ^ 2) (- e * (1 - t) ^ 2) ltac:(lra)) as J.
      replace ((1 - t) * (- e * t ^ 2) + (1 - (1 - t)) * (- e * (1 - t) ^ 2))
        with (- (e * (t * (1 - t)))) in J by ring.
      set (x := exp (- e * t ^ 2)) in *. set (y := exp (- e * (1 - t) ^ 2)) in *.
      replace (A * x + B * y) with (((1 - t) * x + (1 - (1 - t)) * y) * (A + B)).
      + rewrite M in P. apply Rmult_le_compat_r; lra.
      + replace (A * x + B * y) with ((1 - t) * (A + B) * x + t * (A + B) * y)
          by (rewrite <- EA, <- EB; reflexivity).
        ring.
    - unfold A, B, mixture. rewrite !Rmult_assoc, <- !exp_plus.
      f_equal; f_equal; f_equal; unfold e; ring. }
  unfold axis_energy. rewrite M.
  assert (ln (exp (- (e * (t * (1 - t)))) * (A + B)) <= ln (mixture alpha separation' t)).
  { apply ln_le_mono; [|exact N]. apply Rmult_lt_0_compat; [apply exp_pos|lra]. }
  rewrite ln_mult, ln_exp in H; [lra|apply exp_pos|lra].
Qed.

(* hence the energies at two separations are enclosed by two tangents *)
Lemma energy_enclosed alpha separation separation' t t' : 0 < alpha < 1 -> 0 < separation ->
  0 < separation' -> minimiser alpha separation t -> minimiser alpha separation' t' ->
  (separation' - separation) * (t' * (1 - t'))
  <= energy alpha separation' - energy alpha separation
  <= (separation' - separation) * (t * (1 - t)).
Proof.
  intros Ha HL HL' M M'. rewrite (energy_minimiser _ _ _ M), (energy_minimiser _ _ _ M').
  pose proof (tangent_above alpha separation separation' t Ha HL
                (minimiser_stationary _ _ _ Ha M)) as T.
  pose proof (tangent_above alpha separation' separation t' Ha HL'
                (minimiser_stationary _ _ _ Ha M')) as T'.
  pose proof (M t'). pose proof (M' t). lra.
Qed.

Lemma F_step h separation separation' z : 0 <= z ->
  Rabs (F h separation' z - F h separation z) <= Rabs (separation' - separation) / 2.
Proof.
  intros Hz. unfold F.
  replace (z - h / 2 - separation' / 2 * tanh z - (z - h / 2 - separation / 2 * tanh z))
    with (- ((separation' - separation) / 2 * tanh z)) by field.
  rewrite Rabs_Ropp, Rabs_mult.
  assert (0 <= tanh z < 1).
  { split; [|apply tanh_lt_1]. destruct Hz as [Hz| <-]; [|rewrite tanh_0; lra].
    left. now apply tanh_pos. }
  rewrite (Rabs_pos_eq (tanh z)) by lra.
  assert (Q : Rabs ((separation' - separation) / 2) = Rabs (separation' - separation) / 2).
  { unfold Rdiv. rewrite Rabs_mult, (Rabs_pos_eq (/ 2)) by lra. reflexivity. }
  rewrite Q. pose proof (Rabs_pos (separation' - separation)). nra.
Qed.

(* the largest zero is continuous in the separation *)
Lemma root_continuous h separation root eps : 0 <= h -> 0 < separation -> 0 < eps ->
  is_largest_root h separation root ->
  exists delta, 0 < delta /\ forall separation' root', 0 < separation' ->
    Rabs (separation' - separation) < delta -> is_largest_root h separation' root' ->
    Rabs (root' - root) < eps.
Proof.
  intros Hh HL He G. pose proof (root_nonneg h separation root Hh ltac:(lra) G) as R0.
  pose proof (F_pos_above h separation root Hh ltac:(lra) G (root + eps / 2) ltac:(lra)) as U.
  set (u := F h separation (root + eps / 2)) in *.
  assert (Low : exists l, 0 < l /\ (eps / 2 < root -> F h separation (root - eps / 2) <= - l)).
  { destruct (Rlt_le_dec (eps / 2) root) as [C|C]; [|exists 1; split; lra].
    exists (- F h separation (root - eps / 2)). split; [|lra].
    assert (N : F h separation (root - eps / 2) <> 0).
    { intros Z. assert (root - eps / 2 = root); [|lra].
      apply (F_one_positive_root h separation); try lra. apply (proj1 G). }
    apply Rnot_le_lt. intros P.
    assert (P' : 0 < F h separation (root - eps / 2)) by lra.
    pose proof (F_convex h separation 0 root (eps / 2 / root) ltac:(lra) ltac:(lra) R0) as V.
    assert (0 <= eps / 2 / root <= 1).
    { split; [apply Rdiv_le_0_compat; lra|apply Rle_div_l; lra]. }
    specialize (V ltac:(lra)). rewrite (proj1 G) in V.
    replace (eps / 2 / root * 0 + (1 - eps / 2 / root) * root) with (root - eps / 2) in V
      by (field; lra).
    pose proof (F_at_0 h separation Hh). nra. }
  destruct Low as (l & Hl & Low). exists (Rmin u l). split; [now apply Rmin_pos|].
  intros separation' root' HL' D G'. pose proof (Rmin_l u l). pose proof (Rmin_r u l).
  pose proof (root_nonneg h separation' root' Hh ltac:(lra) G') as R0'.
  apply Rabs_def1.
  - apply Rnot_le_lt. intros C.
    pose proof (F_step h separation separation' (root + eps / 2) ltac:(lra)) as S.
    fold u in S. apply Rabs_le_between in S.
    assert (Q : 0 < F h separation' (root + eps / 2)) by lra.
    destruct (Req_dec (root + eps / 2) root') as [E|E]; [rewrite E, (proj1 G') in Q; lra|].
    pose proof (F_convex h separation' 0 root' (1 - (root + eps / 2) / root') ltac:(lra)
                  ltac:(lra) R0') as V.
    assert (0 <= (root + eps / 2) / root' <= 1).
    { split; [apply Rdiv_le_0_compat; lra|apply Rle_div_l; lra]. }
    specialize (V ltac:(lra)). rewrite (proj1 G') in V.
    replace ((1 - (root + eps / 2) / root') * 0 + (1 - (1 - (root + eps / 2) / root')) * root')
      with (root + eps / 2) in V by (field; lra).
    pose proof (F_at_0 h separation' Hh). nra.
  - destruct (Rlt_le_dec (eps / 2) root) as [C|C]; [|lra].
    apply Rnot_le_lt. intros K. specialize (Low C).
    pose proof (F_step h separation separation' (root - eps / 2) ltac:(lra)) as S.
    apply Rabs_le_between in S.
    pose proof (F_pos_above h separation' root' Hh ltac:(lra) G' (root - eps / 2) ltac:(lra)). lra.
Qed.

Lemma product_tanh z : sigmoid (2 * z) * (1 - sigmoid (2 * z)) = (1 - tanh z ^ 2) / 4.
Proof. rewrite <- sigmoid_tanh. field. Qed.

(* t (1 - t) is the same for every minimiser *)
Lemma product_unique alpha separation t s : 0 < alpha < 1 -> 0 < separation ->
  minimiser alpha separation t -> minimiser alpha separation s -> t * (1 - t) = s * (1 - s).
Proof.
  intros Ha HL Mt Ms. destruct (Req_dec alpha (1/2)) as [E|E].
  - subst alpha. destruct (Rle_lt_dec separation 2) as [H2|H2].
    + now rewrite (minimiser_half separation t), (minimiser_half separation s) by tauto.
    + destruct (uniqueness_two separation H2) as (r & _ & M).
      apply M in Mt. apply M in Ms. destruct Mt as [-> | ->], Ms as [-> | ->]; ring.
  - destruct (unique_minimiser alpha separation Ha HL (or_introl E)) as (r & _ & U).
    now rewrite <- (U t Mt), <- (U s Ms).
Qed.

Lemma derivative_below_half alpha separation t : 0 < alpha <= 1/2 -> 0 < separation ->
  minimiser alpha separation t -> is_derive (energy alpha) separation (t * (1 - t)).
Proof.
  intros Ha HL M. apply is_derive_Reals. intros eps He.
  assert (Hh : 0 <= log_odds alpha).
  { destruct (proj2 Ha) as [H| ->]; [left; apply log_odds_pos; lra|rewrite log_odds_half; lra]. }
  destruct (computation_largest alpha separation Ha HL) as (root & _ & G & _).
  destruct (root_continuous (log_odds alpha) separation root eps Hh HL He G) as (delta & Hd & C).
  assert (Hm : 0 < Rmin delta separation) by now apply Rmin_pos.
  exists (mkposreal _ Hm). simpl. intros x Hx Dx.
  pose proof (Rmin_l delta separation). pose proof (Rmin_r delta separation).
  assert (HL' : 0 < separation + x) by (apply Rabs_def2 in Dx; lra).
  destruct (computation_largest alpha (separation + x) Ha HL') as (root' & _ & G' & _).
  specialize (C (separation + x) root' HL').
  replace (separation + x - separation) with x in C by ring. specialize (C ltac:(lra) G').
  pose proof (largest_minimises alpha _ _ Ha HL G) as N.
  pose proof (largest_minimises alpha _ _ Ha HL' G') as N'.
  rewrite (product_unique alpha separation t _ ltac:(lra) HL M N).
  pose proof (energy_enclosed alpha separation (separation + x) _ _ ltac:(lra) HL HL' N N') as K.
  replace (separation + x - separation) with x in K by ring.
  set (p := sigmoid (2 * root) * (1 - sigmoid (2 * root))) in *.
  set (p' := sigmoid (2 * root') * (1 - sigmoid (2 * root'))) in *.
  assert (Near : Rabs (p' - p) < eps).
  { unfold p, p'. rewrite !product_tanh.
    pose proof (tanh_lt_1 root). pose proof (tanh_gt_m1 root).
    pose proof (tanh_lt_1 root'). pose proof (tanh_gt_m1 root').
    assert (Q : Rabs (tanh root' - tanh root) <= Rabs (root' - root)).
    { destruct (Rtotal_order root root') as [O|[->|O]].
      - pose proof (tanh_contr _ _ O). pose proof (tanh_incr _ _ O). rewrite !Rabs_pos_eq; lra.
      - rewrite !Rminus_diag_eq by reflexivity. lra.
      - pose proof (tanh_contr _ _ O). pose proof (tanh_incr _ _ O).
        rewrite !Rabs_left1; lra. }
    replace ((1 - tanh root' ^ 2) / 4 - (1 - tanh root ^ 2) / 4)
      with (- ((tanh root' - tanh root) * ((tanh root' + tanh root) / 4))) by field.
    rewrite Rabs_Ropp, Rabs_mult.
    assert (Rabs ((tanh root' + tanh root) / 4) <= 1) by (apply Rabs_le; lra).
    pose proof (Rabs_pos (tanh root' - tanh root)).
    pose proof (Rabs_pos ((tanh root' + tanh root) / 4)). nra. }
  apply Rabs_def2 in Near.
  set (q := (energy alpha (separation + x) - energy alpha separation) / x).
  assert (E : energy alpha (separation + x) - energy alpha separation = x * q)
    by (unfold q; field; exact Hx).
  rewrite E in K. apply Rabs_def1.
  - destruct (Rdichotomy _ _ Hx) as [S|S]; nra.
  - destruct (Rdichotomy _ _ Hx) as [S|S]; nra.
Qed.

Theorem envelope_derivative alpha separation t : 0 < alpha < 1 -> 0 < separation ->
  minimiser alpha separation t ->
  is_derive (energy alpha) separation (t * (1 - t)) /\ 0 < t * (1 - t) <= 1/4.
Proof.
  intros Ha HL M. pose proof (minimiser_interior alpha separation t Ha HL M) as Ht.
  split; [|pose proof (pow2_ge_0 (t - 1/2)); nra]. destruct (Rle_lt_dec alpha (1/2)) as [C|C].
  - now apply derivative_below_half.
  - pose proof (derivative_below_half (1 - alpha) separation (1 - t) ltac:(lra) HL
                  (minimiser_mirror _ _ _ M)) as D.
    replace ((1 - t) * (1 - (1 - t))) with (t * (1 - t)) in D by ring.
    apply (is_derive_ext_loc (energy (1 - alpha))); [|exact D].
    exists (mkposreal _ HL). intros y B. symmetry. apply symmetry_energy; [exact Ha|].
    unfold ball in B. simpl in B. unfold AbsRing_ball, abs, minus, plus, opp in B. simpl in B.
    apply Rabs_def2 in B. lra.
Qed.

Theorem envelope_elasticity alpha separation t : 0 < alpha < 1 -> 0 < separation ->
  minimiser alpha separation t -> 0 < separation * (t * (1 - t)) <= energy alpha separation.
Proof.
  intros Ha HL M. pose proof (minimiser_interior alpha separation t Ha HL M) as Ht.
  split; [apply Rmult_lt_0_compat; nra|].
  rewrite (energy_minimiser _ _ _ M).
  pose proof (tangent_above alpha separation 0 t Ha HL (minimiser_stationary _ _ _ Ha M)) as T.
  unfold axis_energy at 1 in T. rewrite mixture_sep_0, ln_1 in T. lra.
Qed.
