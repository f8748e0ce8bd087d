(* Vectors of R^d: sums over d coordinates, the inner product, distance, and the inequalities of
   Cauchy and Schwarz and of the triangle. Nothing here is a statement of the text. *)
From Coq Require Import Reals Lra Psatz Lia.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions.
Open Scope R_scope.

Lemma sum_ext d x y : (forall i, (i < d)%nat -> x i = y i) -> sum d x = sum d y.
Proof. induction d; simpl; intros H; [reflexivity|]. rewrite IHd, H; auto. Qed.

Lemma sum_linear d a b x y : sum d (fun i => a * x i + b * y i) = a * sum d x + b * sum d y.
Proof. induction d; simpl; [ring|]. rewrite IHd. ring. Qed.

Lemma sum_nonneg d x : (forall i, (i < d)%nat -> 0 <= x i) -> 0 <= sum d x.
Proof. induction d; simpl; intros H; [lra|]. apply Rplus_le_le_0_compat; auto. Qed.

Lemma sum_zero d x : (forall i, (i < d)%nat -> 0 <= x i) -> sum d x = 0 ->
  forall i, (i < d)%nat -> x i = 0.
Proof.
  induction d; simpl; intros H Z i Hi; [lia|].
  assert (0 <= sum d x) by (apply sum_nonneg; auto). assert (0 <= x d) by auto.
  destruct (PeanoNat.Nat.eq_dec i d) as [->|]; [lra|]. apply IHd; auto; [lra|lia].
Qed.

Lemma sum_const_0 d : sum d (fun _ => 0) = 0.
Proof. induction d; simpl; [reflexivity|]. rewrite IHd. ring. Qed.

Lemma squared_distance_nonneg d x y : 0 <= squared_distance d x y.
Proof. apply sum_nonneg. intros. apply pow2_ge_0. Qed.

Lemma squared_distance_0 d x y : squared_distance d x y = 0 <-> same d x y.
Proof.
  split.
  - intros Z i Hi. pose proof (sum_zero d _ (fun j _ => pow2_ge_0 (x j - y j)) Z i Hi) as K.
    simpl in K. nra.
  - intros E. unfold squared_distance. rewrite <- (sum_const_0 d). apply sum_ext.
    intros i Hi. rewrite E by assumption. ring.
Qed.

Lemma squared_distance_ext d x y x' y' : same d x x' -> same d y y' ->
  squared_distance d x y = squared_distance d x' y'.
Proof. intros E1 E2. apply sum_ext. intros i Hi. now rewrite E1, E2. Qed.

Lemma squared_distance_sym d x y : squared_distance d x y = squared_distance d y x.
Proof. apply sum_ext. intros. ring. Qed.

Lemma same_refl d x : same d x x.
Proof. intros i Hi. reflexivity. Qed.

Lemma distance_square d x y : distance d x y ^ 2 = squared_distance d x y.
Proof. apply pow2_sqrt, squared_distance_nonneg. Qed.

Lemma distance_nonneg d x y : 0 <= distance d x y.
Proof. apply sqrt_pos. Qed.

Lemma distance_sym d x y : distance d x y = distance d y x.
Proof. unfold distance. now rewrite squared_distance_sym. Qed.

Lemma inner_nonneg d x : 0 <= inner d x x.
Proof. apply sum_nonneg. intros. nra. Qed.

Lemma norm_nonneg d x : 0 <= norm d x.
Proof. apply sqrt_pos. Qed.

Lemma norm_square d x : norm d x ^ 2 = inner d x x.
Proof. apply pow2_sqrt, inner_nonneg. Qed.

(* |b x - a y|^2 with a = <x, y>, b = <y, y> *)
Lemma cauchy_schwarz d x y : inner d x y <= norm d x * norm d y.
Proof.
  set (a := inner d x y). set (b := inner d y y).
  assert (Hb : 0 <= b) by apply inner_nonneg. pose proof (inner_nonneg d x) as Hx.
  assert (S : 0 <= b * (b * inner d x x - a ^ 2)).
  { replace (b * (b * inner d x x - a ^ 2)) with (sum d (fun i => (b * x i - a * y i) ^ 2)).
    - apply sum_nonneg. intros. apply pow2_ge_0.
    - rewrite (sum_ext d _ (fun i => 1 * (b ^ 2 * (x i * x i) + (- 2 * a * b) * (x i * y i))
                                    + a ^ 2 * (y i * y i))) by (intros; ring).
      rewrite sum_linear, sum_linear. fold (inner d x x) (inner d x y) (inner d y y). fold a b.
      ring. }
  assert (C : a ^ 2 <= inner d x x * b).
  { destruct Hb as [Hb|Hb].
    - apply Rmult_le_reg_l with b; [exact Hb|]. lra.
    - assert (Z : a = 0); [|rewrite Z, <- Hb; lra].
      unfold a, inner. rewrite <- (sum_const_0 d). apply sum_ext. intros i Hi.
      assert (Y : y i * y i = 0)
        by (apply (sum_zero d (fun j => y j * y j)); [intros; nra|now symmetry|exact Hi]).
      assert (y i = 0) as -> by nra. ring. }
  unfold norm. fold b. rewrite <- sqrt_mult by assumption.
  apply Rle_trans with (Rabs a); [apply Rle_abs|]. rewrite <- (sqrt_Rsqr_abs a).
  apply sqrt_le_1_alt. unfold Rsqr. lra.
Qed.

Lemma norm_triangle d x y : norm d (fun i => x i + y i) <= norm d x + norm d y.
Proof.
  pose proof (norm_nonneg d x). pose proof (norm_nonneg d y).
  pose proof (cauchy_schwarz d x y) as C.
  apply Rsqr_incr_0_var; [|lra]. unfold Rsqr.
  assert (E : inner d (fun i => x i + y i) (fun i => x i + y i)
              = inner d x x + 2 * inner d x y + inner d y y).
  { unfold inner. rewrite (sum_ext d _ (fun i => 1 * (1 * (x i * x i) + 2 * (x i * y i))
                                          + 1 * (y i * y i))) by (intros; ring).
    rewrite !sum_linear. ring. }
  pose proof (norm_square d (fun i => x i + y i)) as N. rewrite E in N.
  pose proof (norm_square d x). pose proof (norm_square d y). nra.
Qed.

Lemma distance_norm d x y : distance d x y = norm d (fun i => x i - y i).
Proof. unfold distance, norm. f_equal. apply sum_ext. intros. ring. Qed.

Lemma norm_ext d x y : same d x y -> norm d x = norm d y.
Proof. intros E. unfold norm, inner. f_equal. apply sum_ext. intros i Hi. now rewrite E. Qed.

Lemma norm_opp d x : norm d (fun i => - x i) = norm d x.
Proof. unfold norm, inner. f_equal. apply sum_ext. intros. ring. Qed.

(* a shift of the query moves no distance by more than its length *)
Lemma distance_shift d key query delta :
  distance d key query - norm d delta <= distance d key (shift query delta 1)
  <= distance d key query + norm d delta.
Proof.
  rewrite !distance_norm. unfold shift. split.
  - pose proof (norm_triangle d (fun i => key i - (query i + 1 * delta i)) delta) as T.
    cbv beta in T.
    rewrite (norm_ext d (fun i => key i - (query i + 1 * delta i) + delta i)
               (fun i => key i - query i)) in T by (intros i Hi; ring). lra.
  - pose proof (norm_triangle d (fun i => key i - query i) (fun i => - delta i)) as T.
    rewrite norm_opp in T. cbv beta in T.
    rewrite (norm_ext d (fun i => key i - query i + - delta i)
               (fun i => key i - (query i + 1 * delta i))) in T by (intros i Hi; ring). lra.
Qed.

(* |q + delta - k'|^2 - |q + delta - k|^2 = L'^2 - L^2 - 2 <delta, k' - k> *)
Lemma shift_difference d key key' query delta :
  squared_distance d key' (shift query delta 1) - squared_distance d key (shift query delta 1)
  = squared_distance d key' query - squared_distance d key query
    - 2 * inner d delta (fun i => key' i - key i).
Proof.
  unfold squared_distance, inner, shift. induction d as [|d IH]; simpl; [ring|].
  cbv beta in IH. simpl in IH. lra.
Qed.
