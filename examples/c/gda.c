// GD-Attention in C11, behind the line protocol of the standard: build and judge it with
//   cc -std=c11 -O2 -o gda examples/c/gda.c -lm && gd-attention verify --command ./gda
// Contract float64: separations by the difference form, energies in doubles.
#define _POSIX_C_SOURCE 200809L  // open_memstream
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_AXES = 16, MEMORY = 1 << 26 };

// Zeroed memory that lasts as long as one message.
static char memory[MEMORY], *unused = memory;
static void *take(size_t size) {
  size = (size + 15) & ~(size_t)15;
  if (size > (size_t)(memory + MEMORY - unused)) fprintf(stderr, "too large a message\n"), exit(70);
  return memset((unused += size) - size, 0, size);
}

// JSON: a value is its text, or a list of members. The protocol's strings hold no escapes.
typedef struct Node { char *key, *text; struct Node *first, *next; } Node;

static Node *read_value(const char **at) {
  Node *node = take(sizeof *node);
  const char *p = *at + strspn(*at, " \t\r\n,:");
  char kind = *p;
  if (kind != '{' && kind != '[') {
    p += kind == '"';
    size_t length = strcspn(p, kind == '"' ? "\"" : " \t\r\n,]}");
    node->text = memcpy(take(length + 1), p, length);
    *at = p + length + (kind == '"');
    return node;
  }
  Node **last = &node->first;
  for (p++; p += strspn(p, " \t\r\n,"), *p && *p != '}' && *p != ']'; last = &(*last)->next) {
    char *key = kind == '{' ? read_value(&p)->text : NULL;
    *last = read_value(&p);
    (*last)->key = key;
  }
  *at = p + (*p != 0);
  return node;
}

static Node *member(const Node *object, const char *key) {
  Node *node = object->first;
  while (node && strcmp(node->key, key)) node = node->next;
  return node;
}

// The arguments, in doubles. One that is left out has its default, without axes.
typedef struct { int rank; long shape[MOST_AXES]; const double *number; } Array;
enum { QUERY, KEYS, VALUES, ALPHA, BETA, THRESHOLD, MASK, FILL, ARGUMENTS };
static const struct { const char *name; double value; } defaults[] = {{"query", 0}, {"keys", 0},
  {"values", 0}, {"alpha", 0.5}, {"beta", 1}, {"threshold", INFINITY}, {"mask", 1}, {"fill", 0}};

static Array read_array(const Node *inputs, int which) {
  const Node *document = member(inputs, defaults[which].name);
  Array array = {.number = &defaults[which].value};
  if (!document) return array;
  size_t count = 1;
  for (Node *size = member(document, "shape")->first; size; size = size->next)
    count *= (size_t)(array.shape[array.rank++] = atol(size->text));
  double *number = take(count * sizeof(double));
  array.number = number;
  for (Node *item = member(document, "data")->first; item; item = item->next)
    *number++ = *item->text == 't' ? 1 : strtod(item->text, NULL);  // reads hexadecimal exactly
  return array;
}

// The axes (B..., M) of the result, and the row that is worked on.
typedef struct { int axes; long size[MOST_AXES], at[MOST_AXES]; } Rows;

// The element of a broadcast array at (the first `axes` of the row, x, y); at (..., x) if y < 0.
static const double *element(const Array *a, const Rows *rows, int axes, long x, long y) {
  long offset = 0;
  for (int axis = 0; axis < a->rank; axis++) {
    int where = axis + axes + (y < 0 ? 1 : 2) - a->rank;
    long index = where < axes ? rows->at[where] : where == axes ? x : y;
    offset = offset * a->shape[axis] + (a->shape[axis] == 1 ? 0 : index);
  }
  return a->number + offset;
}

// Coordinate and energy of a pair. With h the log-odds of the heavier weight and
// z = (h + separation * m) / 2, the alignment point solves m = tanh(z); Newton's method comes from
// the right, where the function is convex and increases.
typedef struct { double coordinate, energy; } Pair;
typedef struct { long index; Pair pair; double rank; } Found;

static Pair align(double separation, double alpha) {
  double light = fmin(alpha, 1 - alpha);
  if (separation == 0) return (Pair){1 - alpha, 0};
  if (separation == INFINITY) return (Pair){alpha <= 0.5, -log1p(-light)};
  if (alpha == 0.5 && separation <= 2) return (Pair){0.5, separation / 4};
  double odds = light > 0.25 ? log1p((1 - 2 * light) / light) : log1p(-light) - log(light);
  double z = odds / 2 + separation / 2;
  for (int step = 0; step < 200; step++) {
    double m = tanh(z), slope = 1 - separation / 2 * (1 - m * m);
    double next = z - (z - odds / 2 - separation / 2 * m) / slope;
    if (slope <= 0 || !(next < z)) break;
    z = next;
  }
  double push = separation * tanh(z), faded = light * exp(-push);
  bool far = push >= 30;
  double minor = far ? faded / (faded + 1 - light) : light / (light + (1 - light) * exp(push));
  double rest = far ? (1 - minor) * light / (1 - light) - minor : minor * expm1(push);
  double energy = separation * minor * minor + log1p(rest);
  // at alpha = 1/2 the point lies on the key's side
  return (Pair){alpha <= 0.5 ? 1 - minor : minor, energy};
}

// The admitted key of least energy, by distance where all weights are equal; -1 if there is none.
static Found choose(const Array *in, const Rows *rows, long n, long d) {
  Found best = {.index = -1, .pair = {0, INFINITY}};
  int row = rows->axes, batch = row - 1;
  bool shared = true;
  for (long i = 1; i < n; i++)
    shared &= *element(&in[ALPHA], rows, batch, i, -1) == *element(&in[ALPHA], rows, batch, 0, -1);
  for (long i = 0; i < n; i++) {
    if (!*element(&in[MASK], rows, row, i, -1)) continue;  // and read no key
    const double *k = element(&in[KEYS], rows, batch, i, 0);
    const double *q = element(&in[QUERY], rows, row, 0, -1);
    double weight = *element(&in[ALPHA], rows, batch, i, -1), square = 0;
    double limit = *element(&in[THRESHOLD], rows, row, i, -1);
    bool same = true;
    for (long c = 0; c < d; c++) square += (k[c] - q[c]) * (k[c] - q[c]), same &= k[c] == q[c];
    double separation = *in[BETA].number * square;
    Pair pair = align(separation, weight);
    // the energy of another key may underflow to 0, but is not 0
    bool admitted = same ? limit >= 0 : limit > 0 && pair.energy <= limit;
    double rank = shared ? separation : pair.energy;
    if (admitted && (best.index < 0 || rank < best.rank))
      best = (Found){i, pair, rank};
  }
  return best;
}

static void put(FILE *to, double x) { fprintf(to, isnan(x) ? "\"nan\"," : "\"%a\",", x); }

static void run(const Node *message) {
  Array in[ARGUMENTS];
  for (int i = 0; i < ARGUMENTS; i++) in[i] = read_array(member(message, "inputs"), i);
  if (!in[VALUES].rank) in[VALUES] = in[KEYS];
  long n = in[KEYS].shape[in[KEYS].rank - 2], d = in[KEYS].shape[in[KEYS].rank - 1], total = 1;
  long v = in[VALUES].shape[in[VALUES].rank - 1];
  Rows rows = {0};
  for (int i = QUERY; i <= VALUES; i++) rows.axes = (int)fmax(rows.axes, in[i].rank - 1);
  for (int axis = 0; axis < rows.axes; axis++) rows.size[axis] = 1;
  for (int i = QUERY; i <= VALUES; i++)  // M comes from the query alone
    for (int own = 0, axis; own < in[i].rank - (i == QUERY ? 1 : 2); own++)
      if (axis = own + rows.axes + 1 - in[i].rank, in[i].shape[own] != 1)
        rows.size[axis] = in[i].shape[own];
  char *text[4], shape[400] = "", *end = shape;
  size_t size[4];
  FILE *to[4];  // one per field
  for (int i = 0; i < 4; i++) to[i] = open_memstream(&text[i], &size[i]);
  for (int axis = 0; axis < rows.axes; total *= rows.size[axis++])
    end += sprintf(end, axis ? ",%ld" : "%ld", rows.size[axis]);
  for (long row = 0; row < total; row++) {
    for (long axis = rows.axes - 1, rest = row; axis >= 0; rest /= rows.size[axis--])
      rows.at[axis] = rest % rows.size[axis];
    Found best = choose(in, &rows, n, d);
    fprintf(to[0], "%ld,", best.index);
    for (long c = 0; c < v; c++)
      put(to[1], best.index < 0 ? *element(&in[FILL], &rows, rows.axes, c, -1)
                                : *element(&in[VALUES], &rows, rows.axes - 1, best.index, c));
    put(to[2], best.pair.energy);
    put(to[3], best.pair.coordinate);
  }
  printf("{\"id\":%s,\"result\":{", member(message, "id")->text);
  for (int i = 0; i < 4; i++) {
    fclose(to[i]);
    if (size[i]) text[i][size[i] - 1] = 0;  // the last comma
    printf("%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s", i ? "," : "",
           (const char *[]){"index", "output", "energy", "coordinate"}[i],
           i ? "float64" : "int64", shape);
    if (i == 1) printf(",%ld", v);
    printf("],\"data\":[%s]}", text[i]);
    free(text[i]);
  }
  puts("}}");
}

int main(void) {
  static char line[MEMORY];
  while (fgets(line, sizeof line, stdin) && !strstr(line, "\"stop\"")) {
    const char *at = line;
    unused = memory;
    const Node *message = read_value(&at);
    if (strcmp(member(message, "cmd")->text, "start")) run(message);
    else puts("{\"protocol\":\"gda-lines/1\",\"name\":\"gda.c\",\"version\":\"1.0\","
              "\"contract\":\"float64\",\"capabilities\":[\"alpha\",\"alpha-per-key\",\"beta\","
              "\"threshold\",\"threshold-per-key\",\"mask\",\"values\",\"fill\",\"batch\","
              "\"empty\",\"masked-nan\"],\"fields\":[\"index\",\"output\",\"energy\","
              "\"coordinate\"]}");
    fflush(stdout);
  }
}
