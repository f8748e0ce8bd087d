(* Selection among admitted keys: GDA-def-selection, GDA-def-admission, GDA-select-ties.

   [select] runs through a list of candidates and keeps the one of least energy, of equal energies
   the one of least index. Nothing is assumed of the energies.

   [selection]          gd_attention returns i iff i is admitted and its pair (energy, index) is
                        lexicographically least among the admitted;
   [selection_abstains] it abstains iff no key is admitted;
   [selection_unique]   at most one index has the property of [selection]. *)
From Coq Require Import Reals Lra Psatz Lia List Bool.
From Coquelicot Require Import Coquelicot.
From GDAttention Require Import Definitions.
Import ListNotations.
Open Scope R_scope.

Lemma precedes_refl E i : precedes E i i.
Proof. right. split; [reflexivity|lia]. Qed.

Lemma precedes_trans E i j k : precedes E i j -> precedes E j k -> precedes E i k.
Proof.
  intros [H|[H Hi]] [K|[K Ki]]; [left; lra|left; lra|left; lra|]. right. split; [lra|lia].
Qed.

Lemma precedes_antisym E i j : precedes E i j -> precedes E j i -> i = j.
Proof. intros [H|[H Hi]] [K|[K Ki]]; [lra|lra|lra|lia]. Qed.

Lemma first_of_least E i j : precedes E (first_of E i j) i /\ precedes E (first_of E i j) j.
Proof.
  unfold first_of, precedes.
  destruct (Rlt_dec (E i) (E j)); [split; [right; split; [reflexivity|lia]|left; lra]|].
  destruct (Rlt_dec (E j) (E i)); [split; [left; lra|right; split; [reflexivity|lia]]|].
  destruct (Nat.min_spec i j) as [[H ->]|[H ->]]; (split; right; split; [lra|lia|lra|lia]).
Qed.

Lemma first_of_either E i j : first_of E i j = i \/ first_of E i j = j.
Proof.
  unfold first_of. destruct (Rlt_dec (E i) (E j)); [now left|].
  destruct (Rlt_dec (E j) (E i)); [now right|]. lia.
Qed.

Lemma select_nil E l : select E l = None <-> l = [].
Proof.
  destruct l as [|i l]; simpl; [tauto|]. split; [|discriminate].
  destruct (select E l); discriminate.
Qed.

Lemma select_least E l i : select E l = Some i -> In i l /\ forall j, In j l -> precedes E i j.
Proof.
  revert i. induction l as [|k l IH]; simpl; [discriminate|]. intros i.
  destruct (select E l) as [m|] eqn:S.
  - intros H. injection H as <-. destruct (IH m eq_refl) as [Im Lm].
    destruct (first_of_least E k m) as [Pk Pm]. split.
    + destruct (first_of_either E k m) as [-> | ->]; [now left|now right].
    + intros j [<-|Ij]; [exact Pk|]. apply precedes_trans with m; [exact Pm|now apply Lm].
  - intros H. injection H as <-. apply select_nil in S. subst l.
    split; [now left|]. intros j [<-|[]]. apply precedes_refl.
Qed.

Lemma select_iff E l i :
  select E l = Some i <-> In i l /\ forall j, In j l -> precedes E i j.
Proof.
  split; [apply select_least|]. intros [I L]. destruct (select E l) as [m|] eqn:S.
  - destruct (select_least E l m S) as [Im Lm]. f_equal.
    apply (precedes_antisym E); [now apply Lm|now apply L].
  - apply select_nil in S. now subst l.
Qed.

(* two families that order the candidates alike select alike *)
Lemma select_order E D l :
  (forall i j, In i l -> In j l -> (E i <= E j <-> D i <= D j)) -> select E l = select D l.
Proof.
  intros H. destruct (select D l) as [i|] eqn:S.
  - apply select_iff in S. destruct S as [I L]. apply select_iff. split; [exact I|].
    intros j J. pose proof (H i j I J) as [_ A]. pose proof (H j i J I) as [B _].
    destruct (L j J) as [C|[C K]].
    + left. apply Rnot_le_lt. intros N. apply B in N. lra.
    + destruct (Rle_lt_or_eq_dec _ _ (A (Req_le _ _ C))) as [N|N]; [now left|now right].
  - apply select_nil in S. now subst l.
Qed.

Lemma admitted_iff mask E thresholds i : admitted mask E thresholds i = true
  <-> mask i = true /\ Rbar_le (E i) (thresholds i).
Proof.
  unfold admitted. rewrite andb_true_iff. destruct (Rbar_le_dec (E i) (thresholds i)).
  - tauto.
  - split; intros [A B]; [discriminate|contradiction].
Qed.

Lemma candidates_iff mask E thresholds n i : In i (filter (admitted mask E thresholds) (seq 0 n))
  <-> (i < n)%nat /\ mask i = true /\ Rbar_le (E i) (thresholds i).
Proof. rewrite filter_In, in_seq, admitted_iff. intuition lia. Qed.

Theorem selection mask E thresholds n i : gd_attention mask E thresholds n = Some i <->
  ((i < n)%nat /\ mask i = true /\ Rbar_le (E i) (thresholds i))
  /\ forall j, (j < n)%nat /\ mask j = true /\ Rbar_le (E j) (thresholds j) ->
     E i < E j \/ (E i = E j /\ (i <= j)%nat).
Proof.
  unfold gd_attention. rewrite select_iff, candidates_iff.
  split; intros [A L]; (split; [exact A|]); intros j J; apply L; now apply candidates_iff.
Qed.

Theorem selection_abstains mask E thresholds n : gd_attention mask E thresholds n = None <->
  forall j, (j < n)%nat -> mask j = true -> ~ Rbar_le (E j) (thresholds j).
Proof.
  unfold gd_attention. rewrite select_nil. split.
  - intros N j J M T. assert (I : In j (filter (admitted mask E thresholds) (seq 0 n)))
      by now apply candidates_iff.
    rewrite N in I. destruct I.
  - intros H. destruct (filter (admitted mask E thresholds) (seq 0 n)) as [|i l]
    eqn:S; [reflexivity|].
    exfalso. assert (I : In i (i :: l)) by now left. rewrite <- S in I.
    apply candidates_iff in I. destruct I as (I & M & T). now apply (H i).
Qed.

Theorem selection_unique E l i j : In i l -> In j l -> (forall k, In k l -> precedes E i k) ->
  (forall k, In k l -> precedes E j k) -> i = j.
Proof. intros I J Li Lj. apply (precedes_antisym E); [now apply Li|now apply Lj]. Qed.
