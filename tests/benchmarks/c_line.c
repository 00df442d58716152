/* The common case's line in C99: the yardstick for what one core can do.
 *
 * One model with a review band and one pool of inspectors, each a set of servers with a first-in-first-out queue
 * without a limit. The next event is the smallest (time, class, station, phone): completions come before arrivals,
 * the model's before the inspectors', and lower phones first. Of idle servers the longest idle one is taken, then the
 * lowest number. Times are whole microseconds.
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { MODEL, HUMANS, STATIONS };
enum { NONE = -1, PASS, REJECT, REVIEW };
enum { PRIMARY, SECOND };                                               /* kinds of looks */
enum { NOT_STARTED, ON_LINE, BY_HUMAN = 3, BY_MODEL, BY_REVIEW };       /* how a phone was decided */

#define NOBODY (-1)
#define NEVER INT64_MAX
#define MANY (INT64_C(1) << 40) /* more than there are phones: (station, phone) is one number */

/* What the phones bring along: columns of `count` rows. */
typedef struct {
    int64_t count;
    const int64_t *due_us;
    const double *u_arm;
    const double *score;
    const double *view; /* what inspectors can see of it */
    const double *z;    /* the noise of their look */
    const int64_t *service_us[STATIONS];
} Phones;

/* Who decides what. */
typedef struct {
    int64_t servers[STATIONS];
    double weight; /* share of the phones that the model gets */
    double low, high;
    double d_prime, criterion;
    int64_t horizon_us;
} Rules;

/* What a log keeps of a phone and of a look: the same columns as driftline's. */
typedef struct {
    int64_t release_us, verdict_us;
    double pi;
    int16_t arm;
    int8_t decided_by, verdict;
} Fate;

typedef struct {
    int64_t enter_us, start_us, end_us;
    double seen;
    int32_t phone, behind, server;
    int16_t station;
    int8_t kind, verdict;
} Look;

typedef struct {
    int64_t idle_since;
    int64_t is_idle;
} Server;

typedef struct {
    Server *servers;
    int64_t count, idle;
    int32_t first, last; /* the queue: looks, linked by `behind` */
} Station;

typedef struct {
    int64_t at_us, key;
    int32_t server, look;
} Completion;

typedef struct {
    const Phones *phones;
    const Rules *rules;
    Fate *fates;
    int64_t *decided; /* phones in the order of their verdicts */
    int64_t decided_count;
    Look *looks;
    int32_t look_count;
    Station stations[STATIONS];
    Completion *heap; /* one entry per busy server */
    int64_t busy;
    int64_t now_us;
} Line;

static int earlier(const Completion *a, const Completion *b)
{
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->key < b->key);
}

static void push(Line *line, Completion entry)
{
    int64_t i = line->busy++;
    while (i > 0 && earlier(&entry, &line->heap[(i - 1) / 2])) {
        line->heap[i] = line->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    line->heap[i] = entry;
}

static Completion pop(Line *line)
{
    Completion top = line->heap[0], entry = line->heap[--line->busy];
    int64_t i = 0;
    for (int64_t child; (child = 2 * i + 1) < line->busy; i = child) {
        if (child + 1 < line->busy && earlier(&line->heap[child + 1], &line->heap[child]))
            child++;
        if (earlier(&entry, &line->heap[child]))
            break;
        line->heap[i] = line->heap[child];
    }
    line->heap[i] = entry;
    return top;
}

static void begin(Line *line, int server, int32_t row)
{
    Look *look = &line->looks[row];
    look->server = server;
    look->start_us = line->now_us;
    int64_t end_us = line->now_us + line->phones->service_us[look->station][look->phone];
    push(line, (Completion){end_us, look->station * MANY + look->phone, server, row});
}

static int longest_idle(Station *station)
{
    int best = NOBODY;
    for (int server = 0; server < station->count; server++) {
        const Server *each = &station->servers[server];
        if (each->is_idle && (best == NOBODY || each->idle_since < station->servers[best].idle_since))
            best = server;
    }
    station->servers[best].is_idle = 0;
    station->idle--;
    return best;
}

/* Ask for a look: it starts at once or queues. Events come in order of (time, phone), and so does the queue. */
static void ask(Line *line, int number, int32_t phone, int kind)
{
    Station *station = &line->stations[number];
    int32_t row = line->look_count++;
    line->looks[row] = (Look){line->now_us, -1, -1, NAN, phone, NOBODY, NOBODY, (int16_t)number, (int8_t)kind, NONE};
    if (station->idle > 0) {
        begin(line, longest_idle(station), row);
    } else {
        if (station->last == NOBODY)
            station->first = row;
        else
            line->looks[station->last].behind = row;
        station->last = row;
    }
}

/* A server is free: it takes the queue's head, or rests. */
static void set_free(Line *line, Station *station, int server)
{
    int32_t row = station->first;
    if (row == NOBODY) {
        station->servers[server] = (Server){line->now_us, 1};
        station->idle++;
        return;
    }
    station->first = line->looks[row].behind;
    if (station->first == NOBODY)
        station->last = NOBODY;
    begin(line, server, row);
}

static void arrive(Line *line, int32_t phone)
{
    int arm = line->phones->u_arm[phone] < line->rules->weight ? MODEL : HUMANS;
    double weight = line->rules->weight;
    Fate *fate = &line->fates[phone];
    fate->release_us = line->now_us;
    fate->arm = (int16_t)arm;
    fate->pi = arm == MODEL ? weight : 1.0 - weight;
    fate->decided_by = ON_LINE;
    ask(line, arm, phone, PRIMARY);
}

/* A look is over: the phone is decided, or an unsure model passes it on to the inspectors. */
static void complete(Line *line, Completion done)
{
    const Phones *phones = line->phones;
    const Rules *rules = line->rules;
    Look *look = &line->looks[done.look];
    int32_t phone = look->phone;
    if (look->station == HUMANS) {
        look->seen = phones->view[phone] * rules->d_prime / 2.0 + phones->z[phone];
        look->verdict = look->seen > rules->criterion ? REJECT : PASS;
    } else {
        look->seen = phones->score[phone];
        look->verdict = look->seen > rules->high ? REJECT : look->seen > rules->low ? REVIEW : PASS;
    }
    look->end_us = line->now_us;
    if (look->verdict == REVIEW) {
        ask(line, HUMANS, phone, SECOND);
    } else {
        Fate *fate = &line->fates[phone];
        fate->verdict_us = line->now_us;
        fate->verdict = look->verdict;
        fate->decided_by = look->station == MODEL ? BY_MODEL : look->kind == SECOND ? BY_REVIEW : BY_HUMAN;
        line->decided[line->decided_count++] = phone;
    }
    set_free(line, &line->stations[look->station], done.server);
}

/* Run the phones up to and at the horizon. `looks` has room for two per phone.
 * Returns how many looks there were, -1 without memory.
 */
int64_t run_line(const Phones *phones, const Rules *rules, Fate *fates, int64_t *decided, Look *looks)
{
    int64_t total = rules->servers[MODEL] + rules->servers[HUMANS];
    Server *servers = malloc((size_t)total * sizeof *servers);
    Line line = {.phones = phones, .rules = rules, .fates = fates, .decided = decided, .looks = looks};
    line.heap = malloc((size_t)total * sizeof *line.heap);
    if (servers == NULL || line.heap == NULL) {
        free(servers);
        free(line.heap);
        return -1;
    }
    for (int64_t i = 0; i < total; i++)
        servers[i] = (Server){0, 1};
    for (int number = 0; number < STATIONS; number++) {
        int64_t count = rules->servers[number];
        line.stations[number] = (Station){number == MODEL ? servers : servers + rules->servers[MODEL], count, count,
                                          NOBODY, NOBODY};
    }
    for (int64_t phone = 0; phone < phones->count; phone++)
        fates[phone] = (Fate){-1, -1, NAN, -1, NOT_STARTED, NONE};

    int32_t next = 0;
    for (;;) {
        int64_t arrival_us = next < phones->count ? phones->due_us[next] : NEVER;
        int64_t completion_us = line.busy > 0 ? line.heap[0].at_us : NEVER;
        line.now_us = completion_us <= arrival_us ? completion_us : arrival_us;
        if (line.now_us > rules->horizon_us || line.now_us == NEVER)
            break;
        if (completion_us <= arrival_us)
            complete(&line, pop(&line));
        else
            arrive(&line, next++);
    }
    free(servers);
    free(line.heap);
    return line.look_count;
}
