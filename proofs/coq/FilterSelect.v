(* T25, GDA-thm-filter-select: filtering and selecting, against selecting and checking the winner.

   [gd_attention] filters first. [check_winner] selects among all unmasked keys and abstains if the
   winner fails its threshold.

   [filter_select]           with one threshold for all keys the two agree, whatever the energies
                             (so the weights may differ from key to key);
   [filter_select_per_key]   with a threshold per key they differ: d = 1, beta = 1, alpha = 1/2,
                             query 0, keys 1/2 and 1 with thresholds 0 and +oo. *)
From Coq Require Import Reals Lra Psatz Lia List.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Uniqueness Energy Selection.
Import ListNotations.
Open Scope R_scope.

Definition check_winner (mask : nat -> bool) (energies : nat -> R) (thresholds : nat -> Rbar)
    (n : nat) : option nat :=
  match gd_attention mask energies (fun _ => p_infty) n with
  | None => None
  | Some i => if Rbar_le_dec (energies i) (thresholds i) then Some i else None
  end.

Theorem filter_select mask energies threshold n :
  gd_attention mask energies (fun _ => threshold) n
  = check_winner mask energies (fun _ => threshold) n.
Proof.
  unfold check_winner. destruct (gd_attention mask energies (fun _ => p_infty) n) as [i|] eqn:S.
  - apply selection in S. destruct S as [(I & M & _) L].
    destruct (Rbar_le_dec (energies i) threshold) as [T|T].
    + apply selection. split; [tauto|]. intros j (J & Mj & _). apply L. simpl. tauto.
    + apply selection_abstains. intros j J Mj Tj. apply T.
      apply Rbar_le_trans with (2 := Tj). simpl.
      destruct (L j) as [K|[K _]]; [simpl; tauto|lra|lra].
  - apply selection_abstains. intros j J M _.
    apply (proj1 (selection_abstains _ _ _ _) S j J M). exact I.
Qed.

Definition near_and_far (i : nat) : vector := fun _ => match i with O => 1/2 | _ => 1 end.
Definition zero_and_none (i : nat) : Rbar := match i with O => 0 | _ => p_infty end.

Theorem filter_select_per_key :
  let energies i := energy (1/2) (separation_of 1 1 (fun _ => 0) (near_and_far i)) in
  gd_attention (fun _ => true) energies zero_and_none 2 = Some 1%nat
  /\ check_winner (fun _ => true) energies zero_and_none 2 = None.
Proof.
  intros energies.
  assert (E0 : energies 0%nat = 1/16).
  { unfold energies, separation_of, squared_distance, near_and_far. simpl.
    rewrite envelope_half; lra. }
  assert (E1 : energies 1%nat = 1/4).
  { unfold energies, separation_of, squared_distance, near_and_far. simpl.
    rewrite envelope_half; lra. }
  split.
  - apply selection. split; [split; [lia|split; [reflexivity|exact I]]|].
    intros j (J & _ & T). destruct j as [|[|j]]; [|right; split; [reflexivity|lia]|lia].
    exfalso. simpl in T. rewrite E0 in T. lra.
  - unfold check_winner.
    replace (gd_attention (fun _ => true) energies (fun _ => p_infty) 2) with (Some 0%nat).
    + destruct (Rbar_le_dec (energies 0%nat) (zero_and_none 0)) as [T|T]; [|reflexivity].
      simpl in T. lra.
    + symmetry. apply selection. split; [split; [lia|split; [reflexivity|exact I]]|].
      intros j (J & _ & _). destruct j as [|[|j]]; [right; split; [reflexivity|lia]|left; lra|lia].
Qed.
