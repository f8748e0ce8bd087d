(* T6, GDA-thm-envelope: the alignment energy as a function of the separation.

   Hypotheses: 0 < alpha < 1 and separation >= 0. [energy alpha separation] is the infimum of the
   landscape along the axis; that it is the minimum over R^d is [alignment_energy_axis] of Axis.v.

   [energy_attained]    the infimum is attained, at every minimiser (GDA-def-energy);
   [envelope_strict]    the energy strictly increases with the separation;
   [envelope_concave]   it is concave in it;
   [envelope_at_0]      it is 0 at separation 0, and nowhere else negative or 0 (envelope_zero);
   [envelope_ceiling]   it stays below -log max(alpha, 1 - alpha);
   [envelope_limit]     and tends to it as the separation grows;
   [envelope_linear]    it is at most alpha (1 - alpha) separation;
   [envelope_chord]     E(c separation) >= c E(separation) for 0 <= c <= 1: a relative error of the
                        separation is never amplified;
   [envelope_half]      it is separation / 4 at alpha = 1/2 and separation <= 2. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis Mixture Root Uniqueness.
Open Scope R_scope.

Lemma energy_minimiser alpha separation t : minimiser alpha separation t ->
  energy alpha separation = axis_energy alpha separation t.
Proof.
  intros M. unfold energy. erewrite is_glb_Rbar_unique with (l :=
    Finite (axis_energy alpha separation t)); [reflexivity|].
  split.
  - intros e (s & ->). simpl. apply M.
  - intros b Hb. apply (Hb (axis_energy alpha separation t)). now exists t.
Qed.

Lemma energy_spec alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  (exists t, 0 <= t <= 1 /\ energy alpha separation = axis_energy alpha separation t)
  /\ forall t, energy alpha separation <= axis_energy alpha separation t.
Proof.
  intros Ha HL. destruct (minimiser_exists alpha separation Ha HL) as (t & Ht & M).
  rewrite (energy_minimiser alpha separation t M). split; [now exists t|exact M].
Qed.

Theorem energy_attained alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  (exists t, minimiser alpha separation t)
  /\ forall t, minimiser alpha separation t <->
    axis_energy alpha separation t = energy alpha separation.
Proof.
  intros Ha HL. destruct (minimiser_exists alpha separation Ha HL) as (t & _ & M).
  split; [now exists t|]. intros s. split.
  - intros Ms. symmetry. now apply energy_minimiser.
  - intros E x. rewrite E. now apply energy_spec.
Qed.

Theorem envelope_strict alpha separation1 separation2 : 0 < alpha < 1 ->
  0 <= separation1 < separation2 ->
  energy alpha separation1 < energy alpha separation2.
Proof.
  intros Ha [H1 H2].
  destruct (energy_spec alpha separation2 Ha) as [(t & _ & E2) _]; [lra|].
  destruct (energy_spec alpha separation1 Ha H1) as [_ M]. rewrite E2.
  apply Rle_lt_trans with (axis_energy alpha separation1 t); [apply M|].
  apply axis_energy_lt; try assumption. now apply mixture_decreasing.
Qed.

Theorem envelope_at_0 alpha : 0 < alpha < 1 -> energy alpha 0 = 0.
Proof.
  intros Ha. rewrite (energy_minimiser alpha 0 0) by now apply minimiser_sep_0.
  unfold axis_energy. rewrite mixture_sep_0, ln_1. lra.
Qed.

Lemma energy_nonneg alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  0 <= energy alpha separation.
Proof.
  intros Ha [HL| <-]; [|rewrite envelope_at_0; lra].
  rewrite <- (envelope_at_0 alpha Ha). left. apply envelope_strict; lra.
Qed.

Theorem envelope_zero alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  0 <= energy alpha separation /\ (energy alpha separation = 0 <-> separation = 0).
Proof.
  intros Ha HL. split; [now apply energy_nonneg|]. split.
  - intros E. destruct HL as [HL|]; [|now symmetry].
    pose proof (envelope_strict alpha 0 separation Ha ltac:(lra)) as S.
    rewrite envelope_at_0 in S by exact Ha. lra.
  - intros ->. now apply envelope_at_0.
Qed.

Theorem envelope_ceiling alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  energy alpha separation < - ln (Rmax alpha (1 - alpha)).
Proof.
  intros Ha HL. destruct (energy_spec alpha separation Ha HL) as [_ M].
  assert (P : forall m t, 0 < m -> m < mixture alpha separation t ->
    energy alpha separation < - ln m).
  { intros m t Hm H. apply Rle_lt_trans with (1 := M t). unfold axis_energy.
    apply Ropp_lt_contravar. now apply ln_increasing. }
  unfold Rmax. destruct (Rle_dec alpha (1 - alpha)).
  - apply (P _ 1); [lra|]. unfold mixture. replace (- separation * (1 - 1) ^ 2) with 0 by ring.
    rewrite exp_0.
    pose proof (exp_pos (- separation * 1 ^ 2)). nra.
  - apply (P _ 0); [lra|]. unfold mixture. replace (- separation * 0 ^ 2) with 0 by ring.
    rewrite exp_0.
    pose proof (exp_pos (- separation * (1 - 0) ^ 2)). nra.
Qed.

Theorem envelope_linear alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  energy alpha separation <= alpha * (1 - alpha) * separation.
Proof.
  intros Ha HL. destruct (energy_spec alpha separation Ha HL) as [_ M].
  apply Rle_trans with (1 := M (1 - alpha)). unfold axis_energy.
  assert (J : exp (- (alpha * (1 - alpha) * separation)) <= mixture alpha separation (1 - alpha)).
  { unfold mixture. eapply Rle_trans; [|apply exp_convex; assumption]. right. f_equal. ring. }
  assert (- (alpha * (1 - alpha) * separation) <= ln (mixture alpha separation (1 -
    alpha))); [|lra].
  rewrite <- (ln_exp (- (alpha * (1 - alpha) * separation))).
  destruct J as [J|J]; [left; apply ln_increasing; [apply exp_pos|exact J]|right; now rewrite J].
Qed.

(* for a fixed coordinate the landscape is concave in the separation: weighted means by term *)
Lemma axis_energy_concave alpha separation1 separation2 c t : 0 < alpha < 1 -> 0 < c < 1 ->
  c * axis_energy alpha separation1 t + (1 - c) * axis_energy alpha separation2 t
  <= axis_energy alpha (c * separation1 + (1 - c) * separation2) t.
Proof.
  intros Ha Hc. set (e1 := axis_energy alpha separation1 t).
  set (e2 := axis_energy alpha separation2 t).
  assert (X1 : exp e1 * mixture alpha separation1 t = 1).
  { unfold e1, axis_energy. rewrite exp_Ropp, exp_ln by now apply mixture_pos.
    field. pose proof (mixture_pos alpha separation1 t Ha). lra. }
  assert (X2 : exp e2 * mixture alpha separation2 t = 1).
  { unfold e2, axis_energy. rewrite exp_Ropp, exp_ln by now apply mixture_pos.
    field. pose proof (mixture_pos alpha separation2 t Ha). lra. }
  set (K := exp (- (c * e1 + (1 - c) * e2))). assert (HK : 0 < K) by apply exp_pos.
  assert (term : forall y, exp (- (c * separation1 + (1 - c) * separation2) * y)
    <= K * (c * (exp e1 * exp (- separation1 * y)) + (1 - c) * (exp e2 * exp (- separation2 * y)))).
  { intros y. rewrite <- !exp_plus.
    pose proof (exp_convex c (e1 + - separation1 * y) (e2 + - separation2 * y) Hc) as J.
    replace (exp (- (c * separation1 + (1 - c) * separation2) * y))
      with (K * exp (c * (e1 + - separation1 * y) + (1 - c) * (e2 + - separation2 * y))).
    - apply Rmult_le_compat_l; lra.
    - unfold K. rewrite <- exp_plus. f_equal. ring. }
  pose proof (term (t ^ 2)) as T1. pose proof (term ((1 - t) ^ 2)) as T2.
  assert (M : mixture alpha (c * separation1 + (1 - c) * separation2) t <= K).
  { unfold mixture at 1.
    apply Rle_trans with (K * (c * (exp e1 * mixture alpha separation1 t)
                               + (1 - c) * (exp e2 * mixture alpha separation2 t))).
    - apply (Rmult_le_compat_l alpha) in T1; [|lra].
      apply (Rmult_le_compat_l (1 - alpha)) in T2; [|lra]. unfold mixture. lra.
    - rewrite X1, X2. right. ring. }
  unfold axis_energy at 1.
  assert (ln (mixture alpha (c * separation1 + (1 - c) * separation2) t)
          <= - (c * e1 + (1 - c) * e2)); [|lra].
  rewrite <- (ln_exp (- (c * e1 + (1 - c) * e2))).
  apply ln_le_mono; [now apply mixture_pos|exact M].
Qed.

Theorem envelope_concave alpha separation1 separation2 c : 0 < alpha < 1 ->
  0 <= separation1 -> 0 <= separation2 -> 0 <= c <= 1 ->
  c * energy alpha separation1 + (1 - c) * energy alpha separation2
  <= energy alpha (c * separation1 + (1 - c) * separation2).
Proof.
  intros Ha H1 H2 [[C| <-] [D|D]].
  - assert (HL : 0 <= c * separation1 + (1 - c) * separation2) by nra.
    destruct (energy_spec alpha _ Ha HL) as [(t & _ & ->) _].
    apply Rle_trans with (2 := axis_energy_concave alpha separation1 separation2 c t Ha (conj C D)).
    destruct (energy_spec alpha _ Ha H1) as [_ M1]. destruct (energy_spec alpha _ Ha H2) as [_ M2].
    specialize (M1 t). specialize (M2 t). nra.
  - right. subst c. replace (1 * separation1 + (1 - 1) * separation2) with separation1 by ring.
    ring.
  - right. replace (0 * separation1 + (1 - 0) * separation2) with separation2 by ring. ring.
  - lra.
Qed.

Theorem envelope_chord alpha separation c : 0 < alpha < 1 -> 0 <= separation -> 0 <= c <= 1 ->
  c * energy alpha separation <= energy alpha (c * separation).
Proof.
  intros Ha HL Hc. pose proof (envelope_concave alpha separation 0 c Ha HL (Rle_refl 0) Hc) as K.
  rewrite envelope_at_0 in K by exact Ha.
  replace (c * separation + (1 - c) * 0) with (c * separation) in K by ring. lra.
Qed.

(* one of the two distances to the ends of the passage is at least 1/2 *)
Lemma energy_lower alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  - ln (Rmax alpha (1 - alpha) + exp (- separation / 4)) <= energy alpha separation.
Proof.
  intros Ha HL. destruct (energy_spec alpha separation Ha HL) as [(t & _ & ->) _].
  unfold axis_energy. apply Ropp_le_contravar, ln_le_mono; [now apply mixture_pos|].
  unfold mixture. pose proof (exp_pos (- separation / 4)).
  pose proof (Rmax_l alpha (1 - alpha)). pose proof (Rmax_r alpha (1 - alpha)).
  assert (U : forall x, exp (- separation * x ^ 2) <= 1).
  { intros x. rewrite <- exp_0. apply exp_le. pose proof (pow2_ge_0 x). nra. }
  pose proof (U t). pose proof (U (1 - t)).
  pose proof (exp_pos (- separation * t ^ 2)). pose proof (exp_pos (- separation * (1 - t) ^ 2)).
  assert (S : forall p x y, 0 < p < 1 -> 0 < x <= y -> p * x <= y) by (intros; nra).
  assert (T : forall p x, 0 < p < 1 -> x <= 1 -> p * x <= p) by (intros; nra).
  destruct (Rle_lt_dec (1/2) t) as [C|C].
  - assert (1/4 <= t ^ 2) by nra.
    assert (exp (- separation * t ^ 2) <= exp (- separation / 4)) by (apply exp_le; nra).
    pose proof (S alpha (exp (- separation * t ^ 2)) _ Ha ltac:(split; eassumption)).
    pose proof (T (1 - alpha) (exp (- separation * (1 - t) ^ 2)) ltac:(lra) ltac:(lra)). lra.
  - assert (1/4 <= (1 - t) ^ 2) by nra.
    assert (exp (- separation * (1 - t) ^ 2) <= exp (- separation / 4)) by (apply exp_le; nra).
    pose proof (S (1 - alpha) (exp (- separation * (1 - t) ^ 2)) _ ltac:(lra)
      ltac:(split; eassumption)).
    pose proof (T alpha (exp (- separation * t ^ 2)) ltac:(lra) ltac:(lra)). lra.
Qed.

Theorem envelope_limit alpha : 0 < alpha < 1 ->
  is_lim (energy alpha) p_infty (ceiling alpha).
Proof.
  intros Ha. unfold ceiling. set (w := Rmax alpha (1 - alpha)).
  assert (Hw : 0 < w) by (pose proof (Rmax_l alpha (1 - alpha)); fold w in H; lra).
  apply (is_lim_le_le_loc (fun x => - ln (w + exp (- x / 4))) (fun _ => - ln w)).
  - exists 0. intros x Hx. split; [apply energy_lower; lra|]. left. apply envelope_ceiling; lra.
  - apply (is_lim_opp _ _ (Finite (ln w))).
    apply (is_lim_comp_continuous (fun x => w + exp (- x / 4)) ln p_infty w).
    + replace (Finite w) with (Finite (w + 0)) by (f_equal; ring).
      apply (is_lim_plus _ _ _ w 0); [apply is_lim_const| |reflexivity].
      apply (is_lim_comp exp (fun x => - x / 4) p_infty 0 m_infty).
      * exact is_lim_exp_m.
      * apply (is_lim_ext (fun x => (- / 4) * x)); [intros; field|].
        apply is_lim_spec. intros M. exists (- 4 * M). intros x Hx. lra.
      * exists 0. intros; discriminate.
    + apply ElemFct.continuous_ln. exact Hw.
  - apply is_lim_const.
Qed.

Theorem envelope_half separation : 0 <= separation <= 2 -> energy (1/2) separation = separation / 4.
Proof.
  intros [HL H2]. assert (M : minimiser (1/2) separation (1/2)).
  { destruct HL as [HL| <-]; [|apply minimiser_sep_0; lra].
    destruct (minimiser_exists (1/2) separation) as (t & _ & M); [lra|lra|].
    rewrite (minimiser_half separation t) in M; [exact M|lra|exact M]. }
  rewrite (energy_minimiser _ _ _ M). unfold axis_energy, mixture.
  replace (1 - 1/2) with (1/2) by field.
  replace (1/2 * exp (- separation * (1/2) ^ 2) + 1/2 * exp (- separation * (1/2) ^ 2))
    with (exp (- separation * (1/2) ^ 2)) by field.
  rewrite ln_exp. field.
Qed.
