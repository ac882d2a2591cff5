/* Adds up the leaves that rows reach in a flat forest. It knows no model: only arrays, which
 * forest.py has checked. Nothing is allocated, nothing is called, nothing is global.
 *
 * Many trees are walked at once, all as deep as the deepest of them, without a branch that depends
 * on the data: a walk alone would wait for memory and for mispredicted branches at every node. */

#include <stdint.h>

typedef struct {
    union {
        double threshold;
        int32_t set[2]; /* where the words of a set begin, and how many they are */
    };
    uint16_t column;
    uint16_t flags; /* those below */
    int32_t next;   /* the left child, beside it the right one; a leaf stays at itself */
} node;

enum { MISSING_LEFT = 1, SET = 2 };
enum { SINGLE = 1, NO_MISSING = 2 };
enum { MANY = 16, FEW = 4, LARGEST_BLOCK = 1024, BLOCK_VALUES = 1 << 15 };

typedef struct {
    const node *nodes;
    const int32_t *roots;   /* of each tree */
    const int32_t *depths;  /* of each tree */
    const int32_t *columns; /* of the output that each tree's leaves begin at */
    const int32_t *ranks;   /* of a node that is a leaf: its row of leaves */
    const double *leaves;
    const uint32_t *sets;
    const double *base;     /* what each output begins with */
    const double *divisors; /* what each output is divided by in the end */
    int64_t trees, wide, width, outputs, words, flags;
    double largest; /* what is beyond it is refused */
} forest;

/* Trees that are walked at once, many or few; where there are fewer still, the first stands for the others. */
typedef struct {
    int32_t roots[MANY], depth, walked, count;
} group;

static inline uint32_t in_set(const forest *f, const node *at, double x) {
    if (!(x >= 0) || !(x < 32.0 * at->set[1])) return 0;
    uint32_t code = (uint32_t)x;
    return f->sets[(uint32_t)at->set[0] + (code >> 5)] >> (code & 31) & 1;
}

static inline int32_t any_child(const forest *f, int32_t place, const double *row) {
    const node *at = f->nodes + place;
    double x = row[at->column];
    uint32_t left = at->flags & SET ? in_set(f, at, x) : (uint32_t)(x <= at->threshold);
    left |= (uint32_t)(x != x) & at->flags;
    return at->next + (int32_t)(~left & MISSING_LEFT);
}

/* Where no value is missing and no node asks for a set. */
static inline int32_t plain_child(const forest *f, int32_t place, const double *row) {
    const node *at = f->nodes + place;
    return at->next + !(row[at->column] <= at->threshold);
}

static inline void walk(const forest *f, const group *g, const double *row, int walked, int plain, int32_t *at) {
    for (int i = 0; i < walked; i++) at[i] = g->roots[i];
    for (int32_t level = 0; level < g->depth; level++)
        for (int i = 0; i < walked; i++) at[i] = plain ? plain_child(f, at[i], row) : any_child(f, at[i], row);
}

/* The four ways with constants, so that each is a loop of its own. */
static inline void walk_group(const forest *f, const group *g, const double *row, int plain, int32_t *at) {
    if (g->walked == MANY) plain ? walk(f, g, row, MANY, 1, at) : walk(f, g, row, MANY, 0, at);
    else plain ? walk(f, g, row, FEW, 1, at) : walk(f, g, row, FEW, 0, at);
}

static inline void add(const forest *f, int32_t leaf, double *to) {
    const double *found = f->leaves + leaf * f->wide;
    for (int64_t i = 0; i < f->wide; i++) {
        if (f->flags & SINGLE) to[i] = (double)((float)to[i] + (float)found[i]);
        else to[i] += found[i];
    }
}

static inline group grouped(const forest *f, int64_t first) {
    int64_t left = f->trees - first;
    group g = {.walked = left < MANY ? FEW : MANY};
    g.count = left < g.walked ? (int32_t)left : g.walked;
    for (int i = 0; i < g.walked; i++) {
        int64_t tree = first + (i < g.count ? i : 0);
        g.roots[i] = f->roots[tree];
        if (f->depths[tree] > g.depth) g.depth = f->depths[tree];
    }
    return g;
}

/* The first row that the model would not take, or -1; and of every row whether it can be walked plainly. */
static int64_t refused(const forest *f, const double *rows, int64_t count, uint8_t *plain) {
    for (int64_t row = 0; row < count; row++, rows += f->width) {
        int bad = 0, missing = 0;
        for (int64_t i = 0; i < f->width; i++) {
            double x = rows[i];
            bad |= (x > f->largest) | (-x > f->largest);
            missing |= x != x;
        }
        if (bad || (missing && f->flags & NO_MISSING)) return row;
        plain[row] = !missing && !f->words;
    }
    return -1;
}

int64_t boxship_forest_2(const forest *f, const double *rows, int64_t count, double *out) {
    uint8_t plain[LARGEST_BLOCK];
    int64_t block = BLOCK_VALUES / f->width; /* so many rows as stay near while trees go by */
    block = block < 1 ? 1 : block > LARGEST_BLOCK ? LARGEST_BLOCK : block;
    for (int64_t first = 0; first < count; first += block) {
        int64_t last = first + block < count ? first + block : count;
        int64_t bad = refused(f, rows + first * f->width, last - first, plain);
        if (bad >= 0) return first + bad;
        for (int64_t row = first; row < last; row++)
            for (int64_t i = 0; i < f->outputs; i++) out[row * f->outputs + i] = f->base[i];
        group g;
        for (int64_t tree = 0; tree < f->trees; tree += g.count) {
            g = grouped(f, tree);
            for (int64_t row = first; row < last; row++) {
                int32_t at[MANY];
                walk_group(f, &g, rows + row * f->width, plain[row - first], at);
                for (int64_t i = 0; i < g.count; i++)
                    add(f, f->ranks[at[i]], out + row * f->outputs + f->columns[tree + i]);
            }
        }
        for (int64_t row = first; row < last; row++)
            for (int64_t i = 0; i < f->outputs; i++) out[row * f->outputs + i] /= f->divisors[i];
    }
    return -1;
}
