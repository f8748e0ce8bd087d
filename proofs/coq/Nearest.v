(* T7, GDA-thm-nearest: with shared weights the order by energy is the order by distance.

   Hypotheses: one alpha in (0, 1) and one beta > 0 for all keys; any dimension.

   [nearest_order]   E_i <= E_j iff |k_i - q| <= |k_j - q|;
   [nearest]         under a common mask and any thresholds the selected key is the nearest admitted
                     key, of least index among equals;
   [nearest_inner]   if all candidates have the same norm it is the one of largest inner product
                     with the query. *)
From Coq Require Import Reals Lra Psatz Lia List.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Energy Vectors Selection.
Import ListNotations.
Open Scope R_scope.

Lemma energy_lt_iff alpha separation1 separation2 : 0 < alpha < 1 -> 0 <= separation1 ->
  0 <= separation2 -> (energy alpha separation1 < energy alpha separation2
                       <-> separation1 < separation2).
Proof.
  intros Ha H1 H2. split; intros H; [|now apply envelope_strict].
  apply Rnot_le_lt. intros [C| ->]; [|lra].
  pose proof (envelope_strict alpha separation2 separation1 Ha (conj H2 C)). lra.
Qed.

Lemma energy_le_iff alpha separation1 separation2 : 0 < alpha < 1 -> 0 <= separation1 ->
  0 <= separation2 -> (energy alpha separation1 <= energy alpha separation2
                       <-> separation1 <= separation2).
Proof.
  intros Ha H1 H2. pose proof (energy_lt_iff alpha separation2 separation1 Ha H2 H1) as [K1 K2].
  split; intros H; apply Rnot_lt_le; intros C; [apply K2 in C|apply K1 in C]; lra.
Qed.

Lemma separation_distance d beta query key :
  separation_of d beta query key = beta * distance d key query ^ 2.
Proof. unfold separation_of. now rewrite distance_square. Qed.

Theorem nearest_order d alpha beta query key key' : 0 < alpha < 1 -> 0 < beta ->
  (energy alpha (separation_of d beta query key) <= energy alpha (separation_of d beta query key')
   <-> distance d key query <= distance d key' query).
Proof.
  intros Ha Hb. rewrite !separation_distance.
  pose proof (distance_nonneg d key query) as P. pose proof (distance_nonneg d key' query) as P'.
  rewrite energy_le_iff by (exact Ha || nra). split; intros H.
  - apply Rmult_le_reg_l in H; [|exact Hb]. apply Rnot_lt_le. intros C. nra.
  - apply Rmult_le_compat_l; [lra|]. nra.
Qed.

Theorem nearest d alpha beta query keys mask thresholds n : 0 < alpha < 1 -> 0 < beta ->
  let energies i := energy alpha (separation_of d beta query (keys i)) in
  gd_attention mask energies thresholds n
  = select (fun i => distance d (keys i) query)
      (filter (admitted mask energies thresholds) (seq 0 n)).
Proof.
  intros Ha Hb energies. apply select_order. intros i j _ _. now apply nearest_order.
Qed.

Theorem nearest_inner d alpha beta query keys candidates : 0 < alpha < 1 -> 0 < beta ->
  (forall i j, In i candidates -> In j candidates -> norm d (keys i) = norm d (keys j)) ->
  select (fun i => energy alpha (separation_of d beta query (keys i))) candidates
  = select (fun i => - inner d query (keys i)) candidates.
Proof.
  intros Ha Hb Hn. apply select_order. intros i j I J.
  assert (X : forall k, squared_distance d k query
                        = inner d k k + -2 * inner d query k + inner d query query).
  { intros k. unfold squared_distance, inner.
    rewrite (sum_ext d _ (fun c => 1 * (1 * (k c * k c) + -2 * (query c * k c))
                                   + 1 * (query c * query c))) by (intros; ring).
    rewrite !sum_linear. ring. }
  unfold separation_of. rewrite !X. pose proof (norm_square d (keys i)) as Ni.
  pose proof (norm_square d (keys j)) as Nj. rewrite (Hn i j I J), Nj in Ni. rewrite <- Ni.
  assert (P : forall k, 0 <= beta * squared_distance d k query)
    by (intros k; pose proof (squared_distance_nonneg d k query); nra).
  pose proof (P (keys i)) as Pi. pose proof (P (keys j)) as Pj. rewrite X in Pi, Pj.
  rewrite <- Ni in Pi. rewrite energy_le_iff by assumption. split; intros H; [|nra].
  apply Rmult_le_reg_l in H; [lra|exact Hb].
Qed.
