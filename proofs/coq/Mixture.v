(* The landscape along the axis: the mixture under its logarithm, its sign, order and slope.

   The order of axis_energy is the reverse order of the mixture, so that minimisers of the energy
   are maximisers of the mixture. Exchanging alpha with 1 - alpha and t with 1 - t changes nothing
   (mixture_mirror). The slope of the mixture is written out, and from it that of axis_energy. No
   statement of the text is proved here; the files on theorems build on this one. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions Analysis.
Open Scope R_scope.

Lemma mixture_pos alpha separation t : 0 < alpha < 1 -> 0 < mixture alpha separation t.
Proof.
  intros. unfold mixture. pose proof (exp_pos (- separation * t ^ 2)).
  pose proof (exp_pos (- separation * (1 - t) ^ 2)). nra.
Qed.

Lemma axis_energy_le_iff alpha separation t alpha' separation' s :
  0 < alpha < 1 -> 0 < alpha' < 1 ->
  (axis_energy alpha separation t <= axis_energy alpha' separation' s
   <-> mixture alpha' separation' s <= mixture alpha separation t).
Proof.
  intros Ha Ha'. unfold axis_energy. pose proof (mixture_pos alpha separation t Ha).
  pose proof (mixture_pos alpha' separation' s Ha'). split; intros K.
  - apply Rnot_lt_le. intros C. apply ln_increasing in C; lra.
  - destruct K as [K| ->]; [apply ln_increasing in K; lra | lra].
Qed.

Lemma axis_energy_lt alpha separation t alpha' separation' s : 0 < alpha < 1 -> 0 < alpha' < 1 ->
  mixture alpha' separation' s < mixture alpha separation t ->
  axis_energy alpha separation t < axis_energy alpha' separation' s.
Proof.
  intros Ha Ha' H. unfold axis_energy.
  apply Ropp_lt_contravar, ln_increasing; [now apply mixture_pos|exact H].
Qed.

Lemma minimiser_iff alpha separation t : 0 < alpha < 1 ->
  (minimiser alpha separation t <-> forall s,
    mixture alpha separation s <= mixture alpha separation t).
Proof.
  intros Ha. unfold minimiser. split; intros H s; specialize (H s);
    now apply axis_energy_le_iff in H || apply axis_energy_le_iff.
Qed.

Lemma mixture_mirror alpha separation t :
  mixture (1 - alpha) separation (1 - t) = mixture alpha separation t.
Proof.
  unfold mixture. replace (1 - (1 - alpha)) with alpha by ring.
  replace (1 - (1 - t)) with t by ring. ring.
Qed.

Lemma minimiser_mirror alpha separation t :
  minimiser alpha separation t -> minimiser (1 - alpha) separation (1 - t).
Proof.
  intros H s. unfold axis_energy. rewrite mixture_mirror.
  replace (mixture (1 - alpha) separation s) with (mixture alpha separation (1 - s)); [apply H|].
  rewrite <- mixture_mirror. now replace (1 - (1 - s)) with s by ring.
Qed.

Lemma minimiser_half_mirror separation t :
  minimiser (1/2) separation t -> minimiser (1/2) separation (1 - t).
Proof. intros M. apply minimiser_mirror in M. now replace (1 - 1/2) with (1/2) in M by field. Qed.

Lemma mixture_sep_0 alpha t : mixture alpha 0 t = 1.
Proof.
  unfold mixture. replace (- 0 * t ^ 2) with 0 by ring. replace (- 0 * (1 - t) ^ 2) with 0 by ring.
  rewrite exp_0. ring.
Qed.

Lemma mixture_decreasing alpha separation1 separation2 t : 0 < alpha < 1 ->
  separation1 < separation2 -> mixture alpha separation2 t < mixture alpha separation1 t.
Proof.
  intros Ha H. unfold mixture.
  assert (Ht : 0 <= t ^ 2) by apply pow2_ge_0. assert (Hs : 0 <= (1 - t) ^ 2) by apply pow2_ge_0.
  assert (A : exp (- separation2 * t ^ 2) <= exp (- separation1 * t ^ 2)) by (apply exp_le; nra).
  assert (B : exp (- separation2 * (1 - t) ^ 2) <= exp (- separation1 * (1 - t) ^ 2))
    by (apply exp_le; nra).
  destruct (Req_dec t 0) as [->|C].
  - assert (exp (- separation2 * (1 - 0) ^ 2) < exp (- separation1 * (1 - 0) ^ 2))
      by (apply exp_increasing; nra).
    nra.
  - assert (0 < t ^ 2) by (apply pow2_gt_0; exact C).
    assert (exp (- separation2 * t ^ 2) < exp (- separation1 * t ^ 2))
      by (apply exp_increasing; nra).
    nra.
Qed.

(* the farther from both ends of the passage, the lower the mixture *)
Lemma mixture_outward alpha separation t s : 0 < alpha < 1 -> 0 <= separation ->
  t ^ 2 <= s ^ 2 -> (1 - t) ^ 2 <= (1 - s) ^ 2 ->
  mixture alpha separation s <= mixture alpha separation t.
Proof.
  intros Ha HL H1 H2. unfold mixture.
  assert (exp (- separation * s ^ 2) <= exp (- separation * t ^ 2)) by (apply exp_le; nra).
  assert (exp (- separation * (1 - s) ^ 2) <= exp (- separation * (1 - t) ^ 2))
    by (apply exp_le; nra).
  nra.
Qed.

Definition slope (alpha separation t : R) : R :=
  2 * separation * ((1 - t) * ((1 - alpha) * exp (- separation * (1 - t)^2))
                    - t * (alpha * exp (- separation * t^2))).

Lemma mixture_derive alpha separation t :
  is_derive (mixture alpha separation) t (slope alpha separation t).
Proof. unfold mixture, slope. auto_derive; trivial. simpl. unfold Rminus. ring. Qed.

Lemma mixture_cont alpha separation t : continuity_pt (mixture alpha separation) t.
Proof.
  apply derivable_continuous_pt. exists (slope alpha separation t).
  apply is_derive_Reals, mixture_derive.
Qed.

Lemma axis_energy_derive alpha separation t : 0 < alpha < 1 ->
  is_derive (axis_energy alpha separation) t
    (- (slope alpha separation t / mixture alpha separation t)).
Proof.
  intros Ha. pose proof (mixture_pos alpha separation t Ha) as Hf.
  unfold axis_energy. apply is_derive_Reals.
  assert (H1 := proj1 (is_derive_Reals _ _ _) (mixture_derive alpha separation t)).
  apply (derivable_pt_lim_opp (fun x => ln (mixture alpha separation x))).
  replace (slope alpha separation t / mixture alpha separation t)
    with (/ mixture alpha separation t * slope alpha separation t) by (unfold Rdiv; ring).
  apply (derivable_pt_lim_comp (mixture alpha separation) ln); [exact H1|].
  now apply derivable_pt_lim_ln.
Qed.

Lemma stationary_slope alpha separation t : 0 < alpha < 1 ->
  (stationary alpha separation t <-> slope alpha separation t = 0).
Proof.
  intros Ha. pose proof (mixture_pos alpha separation t Ha) as Hf.
  pose proof (axis_energy_derive alpha separation t Ha) as D. unfold stationary. split; intros K.
  - apply is_derive_unique in D. apply is_derive_unique in K. rewrite K in D.
    apply Rmult_eq_reg_r with (/ mixture alpha separation t); [unfold Rdiv in D; lra|].
    apply Rinv_neq_0_compat. lra.
  - replace 0 with (- (slope alpha separation t / mixture alpha separation t)); [exact D|].
    rewrite K. unfold Rdiv. ring.
Qed.

Lemma exp_log_odds alpha : 0 < alpha < 1 -> exp (- log_odds alpha) = alpha / (1 - alpha).
Proof.
  intros. unfold log_odds. rewrite exp_Ropp, exp_ln.
  - field. lra.
  - apply Rdiv_lt_0_compat; lra.
Qed.

Lemma log_odds_pos alpha : 0 < alpha < 1/2 -> 0 < log_odds alpha.
Proof.
  intros. unfold log_odds. rewrite <- ln_1. apply ln_increasing; [lra|]. apply Rlt_div_r; lra.
Qed.

Lemma log_odds_half : log_odds (1/2) = 0.
Proof. unfold log_odds. replace ((1 - 1/2) / (1/2)) with 1 by field. apply ln_1. Qed.

Lemma log_odds_mirror alpha : 0 < alpha < 1 -> log_odds (1 - alpha) = - log_odds alpha.
Proof.
  intros. unfold log_odds. replace (1 - (1 - alpha)) with alpha by ring.
  rewrite <- ln_Rinv by (apply Rdiv_lt_0_compat; lra). f_equal. field. lra.
Qed.
