/* Adds up the leaves that rows reach in a flat forest. It knows no model: only arrays, which
 * forest.py has checked. Nothing is allocated, nothing is called, nothing is global.
 *
 * Eight trees are walked at once, without a branch that depends on the data: a walk alone would
 * wait for memory and for mispredicted branches at every node. */

#include <stdint.h>

typedef struct {
    union {
        double threshold;
        int32_t set[2]; /* where the words of a set begin, and how many they are */
        int32_t leaf;   /* a row of leaves */
    };
    int32_t feature; /* a column, and the flags below */
    int32_t next;    /* the left child, beside it the right one; a leaf stays at itself */
} node;

enum { COLUMN = 0x0fffffff, MISSING_LEFT = 0x10000000, SET = 0x20000000, LEAF = 0x40000000 };
enum { SINGLE = 1, NO_MISSING = 2 };
enum { BLOCK = 64, TREES = 8 };

typedef struct {
    const node *nodes;
    const int32_t *roots;   /* of each tree */
    const int32_t *columns; /* of the output that each tree's leaves begin at */
    const double *leaves;
    const uint32_t *sets;
    int64_t trees, wide, width, outputs, words, flags;
    double largest; /* what is beyond it is refused */
} forest;

static inline uint32_t in_set(const forest *f, const node *at, double x) {
    if (!(x >= 0) || !(x < 32.0 * at->set[1])) return 0;
    uint32_t code = (uint32_t)x;
    return f->sets[(uint32_t)at->set[0] + (code >> 5)] >> (code & 31) & 1;
}

static inline const node *child(const forest *f, const node *at, const double *row, int sets) {
    uint32_t feature = (uint32_t)at->feature;
    double x = row[feature & COLUMN];
    uint32_t left = (uint32_t)(x <= at->threshold);
    if (sets && (feature & SET)) left = in_set(f, at, x);
    left |= (uint32_t)(x != x) & feature >> 28;
    left |= feature >> 30;
    return f->nodes + at->next + (~left & 1);
}

static inline void walk(const forest *f, const int32_t *roots, const double *row, const node **at, int sets) {
    for (int i = 0; i < TREES; i++) at[i] = f->nodes + roots[i];
    for (uint32_t all = 0; !all;) {
        all = LEAF;
        for (int i = 0; i < TREES; i++) {
            at[i] = child(f, at[i], row, sets);
            all &= (uint32_t)at[i]->feature;
        }
    }
}

static inline void add(const forest *f, int32_t leaf, double *to) {
    const double *found = f->leaves + leaf * f->wide;
    for (int64_t i = 0; i < f->wide; i++) {
        if (f->flags & SINGLE) to[i] = (double)((float)to[i] + (float)found[i]);
        else to[i] += found[i];
    }
}

/* The first row that the model would not take, or -1. */
static int64_t refused(const forest *f, const double *rows, int64_t count) {
    for (int64_t row = 0; row < count; row++, rows += f->width) {
        int bad = 0;
        for (int64_t i = 0; i < f->width; i++) {
            double x = rows[i];
            bad |= (x > f->largest) | (-x > f->largest) | ((x != x) & (f->flags >> 1));
        }
        if (bad & 1) return row;
    }
    return -1;
}

int64_t boxship_forest(const forest *f, const double *rows, int64_t count, double *out) {
    int64_t bad = refused(f, rows, count);
    if (bad >= 0) return bad;
    for (int64_t first = 0; first < count; first += BLOCK) {
        int64_t last = first + BLOCK < count ? first + BLOCK : count;
        for (int64_t tree = 0; tree < f->trees; tree += TREES) {
            int64_t many = f->trees - tree < TREES ? f->trees - tree : TREES;
            int32_t roots[TREES];
            for (int i = 0; i < TREES; i++) roots[i] = f->roots[tree + (i < many ? i : 0)];
            for (int64_t row = first; row < last; row++) {
                const node *at[TREES];
                if (f->words) walk(f, roots, rows + row * f->width, at, 1);
                else walk(f, roots, rows + row * f->width, at, 0);
                for (int64_t i = 0; i < many; i++)
                    add(f, at[i]->leaf, out + row * f->outputs + f->columns[tree + i]);
            }
        }
    }
    return -1;
}
