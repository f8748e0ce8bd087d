(* The definitions, on one page, to be held against spec/text. They are all that has to be read to
   know what the theorems of the other files say, but for a few definitions that one file alone
   needs and states beside its theorems. Nothing is proved here.

   A vector of R^d is a function from indices to reals of which the entries below d are read. The
   letters of the text appear under the names of its symbol table (chapter "Symbols and names"). The
   bound variable [separation] is a non-negative real, the Lambda of the text; [separation_of] is
   its value for a query and a key.

   Two reals carry everything about a pair: the separation and alpha. So most definitions come
   twice, once on the axis with these two, once in R^d; Axis.v proves how they are connected.
   The energy is defined as an infimum; that it is attained is a theorem. *)
From Coq Require Import Reals List.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

(* GDA-def-space, GDA-def-jump *)
Definition vector := nat -> R.
Fixpoint sum (d : nat) (x : vector) : R := match d with O => 0 | S n => sum n x + x n end.
Definition inner (d : nat) (x y : vector) : R := sum d (fun i => x i * y i).
Definition squared_distance (d : nat) (x y : vector) : R := sum d (fun i => (x i - y i) ^ 2).
Definition distance (d : nat) (x y : vector) : R := sqrt (squared_distance d x y).
Definition norm (d : nat) (x : vector) : R := sqrt (inner d x x).
Definition same (d : nat) (x y : vector) : Prop := forall i, (i < d)%nat -> x i = y i.
Definition shift (x v : vector) (c : R) : vector := fun i => x i + c * v i.
Definition jump (query key : vector) : vector := fun i => key i - query i.
Definition on_axis (query key : vector) (t : R) : vector := shift query (jump query key) t.

(* GDA-def-separation, GDA-def-log-odds *)
Definition separation_of (d : nat) (beta : R) (query key : vector) : R :=
  beta * squared_distance d key query.
Definition log_odds (alpha : R) : R := ln ((1 - alpha) / alpha).

(* GDA-def-landscape, and the landscape along the axis (chapter "Jump and axis") *)
Definition landscape (d : nat) (alpha beta : R) (query key s : vector) : R :=
  - ln (alpha * exp (- beta * squared_distance d s query)
        + (1 - alpha) * exp (- beta * squared_distance d s key)).
Definition mixture (alpha separation t : R) : R :=
  alpha * exp (- separation * t ^ 2) + (1 - alpha) * exp (- separation * (1 - t) ^ 2).
Definition axis_energy (alpha separation t : R) : R := - ln (mixture alpha separation t).

(* Stationary points: on the axis, and in R^d as the points where all directional derivatives
   vanish. "Exactly n of them" is a list of length n without repetition. *)
Definition stationary (alpha separation t : R) : Prop :=
  is_derive (axis_energy alpha separation) t 0.
Definition stationary_point (d : nat) (alpha beta : R) (query key s : vector) : Prop :=
  forall v : vector, is_derive (fun e => landscape d alpha beta query key (shift s v e)) 0 0.
Definition has_exactly (n : nat) (P : R -> Prop) : Prop :=
  exists l : list R, NoDup l /\ length l = n /\ forall t, P t <-> In t l.
Definition sigmoid (x : R) : R := 1 / (1 + exp (- x)).
Definition artanh (m : R) : R := ln ((1 + m) / (1 - m)) / 2.

(* For Counting.v: m_c and the spinodal field h_c. For Computation.v: the function F and its
   derivative (F_derive of Root.v) *)
Definition spinodal_m (separation : R) : R := sqrt (1 - 2 / separation).
Definition spinodal (separation : R) : R :=
  separation * spinodal_m separation - 2 * artanh (spinodal_m separation).
Definition F (h separation z : R) : R := z - h / 2 - (separation / 2) * tanh z.
Definition F_slope (separation z : R) : R := 1 - (separation / 2) * (1 - tanh z ^ 2).
Definition is_largest_root (h separation z : R) : Prop :=
  F h separation z = 0 /\ forall y, F h separation y = 0 -> y <= z.

(* GDA-def-alignment-point: minimisers over all reals and over all of R^d; the coordinate is the
   minimiser nearer to the key, and 1 - alpha at separation 0 *)
Definition minimiser (alpha separation t : R) : Prop :=
  forall s, axis_energy alpha separation t <= axis_energy alpha separation s.
Definition global_minimiser (d : nat) (alpha beta : R) (query key s : vector) : Prop :=
  forall x, landscape d alpha beta query key s <= landscape d alpha beta query key x.
Definition is_coordinate (alpha separation t : R) : Prop :=
  (separation = 0 /\ t = 1 - alpha)
  \/ (0 < separation /\ minimiser alpha separation t
      /\ forall s, minimiser alpha separation s -> s <= t).

(* GDA-def-energy, as an infimum along the axis and over R^d *)
Definition energy (alpha separation : R) : R :=
  real (Glb_Rbar (fun e => exists t, e = axis_energy alpha separation t)).
Definition alignment_energy (d : nat) (alpha beta : R) (query key : vector) : R :=
  real (Glb_Rbar (fun e => exists s, e = landscape d alpha beta query key s)).
Definition ceiling (alpha : R) : R := - ln (Rmax alpha (1 - alpha)).

(* GDA-def-admission, GDA-def-radius: Rbar is R with both infinities *)
Definition admitted (mask : nat -> bool) (energies : nat -> R) (thresholds : nat -> Rbar)
    (i : nat) : bool :=
  andb (mask i) (if Rbar_le_dec (energies i) (thresholds i) then true else false).
Definition radius (alpha beta : R) (threshold : Rbar) : Rbar :=
  Lub_Rbar (fun L => 0 <= L /\ Rbar_le (energy alpha (beta * L ^ 2)) threshold).

(* GDA-def-selection: the least pair (energy, index) in lexicographic order, over a list of
   candidates; None is the abstention. The operator selects among the admitted of n keys. *)
Definition precedes (energies : nat -> R) (i j : nat) : Prop :=
  energies i < energies j \/ (energies i = energies j /\ (i <= j)%nat).
Definition first_of (energies : nat -> R) (i j : nat) : nat :=
  if Rlt_dec (energies i) (energies j) then i
  else if Rlt_dec (energies j) (energies i) then j else Nat.min i j.
Fixpoint select (energies : nat -> R) (candidates : list nat) : option nat :=
  match candidates with
  | nil => None
  | i :: rest =>
      match select energies rest with
      | None => Some i
      | Some j => Some (first_of energies i j)
      end
  end.
Definition gd_attention (mask : nat -> bool) (energies : nat -> R) (thresholds : nat -> Rbar)
    (n : nat) : option nat :=
  select energies (filter (admitted mask energies thresholds) (seq 0 n)).
