(* T23, GDA-thm-prior-monotone: the energy as a function of the mixing weight.

   Hypotheses: alpha and alpha' in (0, 1), separation > 0.

   [prior_monotone]  E strictly increases with min(alpha, 1 - alpha). *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis Mixture Root Uniqueness Energy Symmetry.
Open Scope R_scope.

(* For weights up to 1/2 evaluate the smaller weight's landscape at a key-side minimiser of the
   larger: the mixture is linear in alpha there, and falls strictly where t > 1/2. *)
Lemma prior_below_half alpha alpha' separation : 0 < alpha < alpha' -> alpha' <= 1/2 ->
  0 < separation -> energy alpha separation < energy alpha' separation.
Proof.
  intros Ha H2 HL.
  assert (Ex : exists t, 1/2 <= t /\ minimiser alpha' separation t).
  { destruct (minimiser_exists alpha' separation) as (t & _ & M); [lra|lra|].
    destruct (Rle_lt_dec (1/2) t) as [C|C]; [now exists t|]. destruct H2 as [H2| ->].
    - pose proof (minimiser_side alpha' separation t ltac:(lra) HL M). lra.
    - exists (1 - t). split; [lra|now apply minimiser_half_mirror]. }
  destruct Ex as (t & Ht & M). rewrite (energy_minimiser _ _ _ M).
  destruct (energy_spec alpha separation) as [_ Low]; [lra|lra|]. destruct Ht as [Ht| <-].
  - apply Rle_lt_trans with (1 := Low t). apply axis_energy_lt; [lra|lra|]. unfold mixture.
    assert (exp (- separation * t ^ 2) < exp (- separation * (1 - t) ^ 2))
      by (apply exp_increasing; nra).
    nra.
  - assert (E : axis_energy alpha' separation (1/2) = axis_energy alpha separation (1/2)).
    { unfold axis_energy, mixture. replace (1 - 1/2) with (1/2) by field. do 2 f_equal. ring. }
    rewrite E. destruct (Low (1/2)) as [C|C]; [exact C|exfalso].
    assert (N : minimiser alpha separation (1/2)) by (intros s; rewrite <- C; apply Low).
    pose proof (minimiser_side alpha separation (1/2) ltac:(lra) HL N). lra.
Qed.

Lemma energy_min alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  energy alpha separation = energy (Rmin alpha (1 - alpha)) separation.
Proof.
  intros Ha HL. unfold Rmin. destruct (Rle_dec alpha (1 - alpha)); [reflexivity|].
  now apply symmetry_energy.
Qed.

Theorem prior_monotone alpha alpha' separation : 0 < alpha < 1 -> 0 < alpha' < 1 ->
  0 < separation -> Rmin alpha (1 - alpha) < Rmin alpha' (1 - alpha') ->
  energy alpha separation < energy alpha' separation.
Proof.
  intros Ha Ha' HL H. rewrite (energy_min alpha), (energy_min alpha') by lra.
  pose proof (Rmin_l alpha' (1 - alpha')). pose proof (Rmin_r alpha' (1 - alpha')).
  apply prior_below_half; [|lra|exact HL]. split; [apply Rmin_pos; lra|exact H].
Qed.
