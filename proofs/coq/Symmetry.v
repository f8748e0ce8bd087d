(* T8, GDA-thm-symmetry: alpha and 1 - alpha, and an order by energy that is not by distance.

   [symmetry_energy]      E(separation, alpha) = E(separation, 1 - alpha);
   [symmetry_coordinate]  exchanging alpha with 1 - alpha exchanges t with 1 - t, except
   [symmetry_half]        at alpha = 1/2, separation > 2, where t stays on the side of the key;
   [symmetry_not_nearest] d = 1, beta = 1, query 0, keys 1 and 2 with alpha 1/2 and 127/128: the
                          second key is selected, the first is the nearest. *)
From Coq Require Import Reals Lra Psatz Lia List.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis Mixture Root Uniqueness Energy.
Import ListNotations.
Open Scope R_scope.

Theorem symmetry_energy alpha separation : 0 < alpha < 1 -> 0 <= separation ->
  energy alpha separation = energy (1 - alpha) separation.
Proof.
  intros Ha HL. destruct (minimiser_exists alpha separation Ha HL) as (t & _ & M).
  rewrite (energy_minimiser _ _ _ M), (energy_minimiser _ _ _ (minimiser_mirror _ _ _ M)).
  unfold axis_energy. now rewrite mixture_mirror.
Qed.

Theorem symmetry_coordinate alpha separation t : 0 < alpha < 1 -> 0 <= separation ->
  alpha <> 1/2 \/ separation <= 2 ->
  is_coordinate alpha separation t -> is_coordinate (1 - alpha) separation (1 - t).
Proof.
  intros Ha HL H [[E ->]|(P & M & _)]; [left; split; [exact E|ring]|right].
  split; [exact P|]. split; [now apply minimiser_mirror|]. intros s Ms.
  apply minimiser_mirror in Ms. replace (1 - (1 - alpha)) with alpha in Ms by ring.
  destruct (unique_minimiser alpha separation Ha P H) as (r & _ & U).
  pose proof (U t M). pose proof (U (1 - s) Ms). lra.
Qed.

Theorem symmetry_half separation t : 2 < separation -> is_coordinate (1/2) separation t ->
  1/2 < t /\ is_coordinate (1 - 1/2) separation t.
Proof.
  intros HL C. replace (1 - 1/2) with (1/2) by field. split; [|exact C].
  destruct C as [[E _]|(_ & _ & G)]; [lra|].
  destruct (uniqueness_two separation HL) as (s & Hs & M).
  specialize (G s (proj2 (M s) (or_introl eq_refl))). lra.
Qed.

(* Two keys on a line at 1 and 2, the query at 0. *)
Definition origin : vector := fun _ => 0.
Definition two_keys (i : nat) : vector := fun _ => match i with O => 1 | _ => 2 end.
Definition two_weights (i : nat) : R := match i with O => 1/2 | _ => 127/128 end.

Theorem symmetry_not_nearest :
  select (fun i => energy (two_weights i) (separation_of 1 1 origin (two_keys i))) [0; 1]%nat
    = Some 1%nat
  /\ select (fun i => distance 1 (two_keys i) origin) [0; 1]%nat = Some 0%nat.
Proof.
  assert (S0 : separation_of 1 1 origin (two_keys 0) = 1).
  { unfold separation_of, squared_distance, origin, two_keys. simpl. ring. }
  assert (S1 : separation_of 1 1 origin (two_keys 1) = 4).
  { unfold separation_of, squared_distance, origin, two_keys. simpl. ring. }
  assert (E : energy (two_weights 1) 4 < energy (two_weights 0) 1).
  { unfold two_weights. rewrite envelope_half by lra.
    apply Rlt_trans with (1 := envelope_ceiling (127/128) 4 ltac:(lra) ltac:(lra)).
    rewrite Rmax_left by lra. rewrite <- ln_Rinv by lra.
    replace (/ (127/128)) with (1 + 1/127) by field.
    assert (ln (1 + 1/127) <= 1/127); [|lra]. rewrite <- (ln_exp (1/127)) at 2.
    apply ln_le_mono; [lra|apply exp_ge_1_plus]. }
  assert (Dst : distance 1 (two_keys 0) origin < distance 1 (two_keys 1) origin).
  { unfold distance, squared_distance, origin, two_keys. simpl. apply sqrt_lt_1; lra. }
  split; unfold select, first_of.
  - rewrite S0, S1. destruct (Rlt_dec _ _); [lra|]. destruct (Rlt_dec _ _); [reflexivity|lra].
  - destruct (Rlt_dec _ _); [reflexivity|lra].
Qed.
