/*
 * MQTT load generator for `npm run bench:broker`: one thread, epoll, raw sockets, no library.
 *
 * Reads a file of clients, one a line, tab-separated, `-` for none:
 *   group  clientId  user  password  publishTopic  subscribeTopic  sourceAddress
 * Each group has one publisher; its messages go to every subscriber of the group. A group keeps `--window`
 * messages not yet fully delivered (by every subscriber, and acknowledged at QoS 1), or all groups together
 * send `--rate` a second. Groups without a publisher only hold their connections (`--hold`).
 *
 * A payload starts with `~` 12 hex digits `~`: whatever the broker wraps around it, every delivery is checked
 * against the one that this subscriber must get next. Prints one JSON line; exit 1 with a reason on stderr.
 */
#include "generator.h"
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum phase { WARM, MEASURE, DRAIN, DONE };

struct options options = {
  .host = "127.0.0.1", .port = 1883, .version = 4, .window = 1, .bytes = 200, .warm_ms = 500, .measure_ms = 3000,
  .core = -1, .pending_max = 16, .stall_ms = 10000,
};
struct run run;

void die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("generator: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  exit(1);
}

uint64_t clock_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CPU seconds of this process, or of another one (utime + stime of /proc/pid/stat). */
static double cpu_seconds(int pid) {
  if (pid == 0) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
  }
  char path[64], text[1024] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *f = fopen(path, "r");
  if (!f) return 0;
  size_t n = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  text[n] = 0;
  unsigned long user = 0, system = 0;
  char *after_name = strrchr(text, ')');
  if (after_name) sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static const char *field(char **line) {
  char *f = strsep(line, "\t\n");
  return f && *f && strcmp(f, "-") != 0 ? strdup(f) : NULL;
}

static void read_clients(void) {
  FILE *f = fopen(options.clients_file, "r");
  if (!f) die("%s: %s", options.clients_file, strerror(errno));
  char *line = NULL;
  size_t cap = 0;
  for (int room = 0; getline(&line, &cap, f) > 0; run.conn_count++) {
    if (run.conn_count == room) {
      room = room ? room * 2 : 1024;
      run.conns = realloc(run.conns, sizeof *run.conns * (size_t)room);
    }
    char *rest = line;
    const char *group = field(&rest);
    struct conn c = {.fd = -1, .group = group ? atoi(group) : 0};
    c.id = field(&rest), c.user = field(&rest), c.password = field(&rest);
    c.publish = field(&rest), c.subscribe = field(&rest), c.address = field(&rest);
    if (!c.id) die("a client without an id in line %d", run.conn_count + 1);
    c.source = c.address ? (int)(ntohl(inet_addr(c.address)) & 65535) : 0;
    run.conns[run.conn_count] = c;
    if (c.group >= run.group_count) run.group_count = c.group + 1;
  }
  fclose(f);
  run.groups = calloc((size_t)run.group_count, sizeof *run.groups);
  uint32_t in_flight_max = options.rate ? 65536 : (uint32_t)options.window;
  for (run.slots = 1; run.slots < in_flight_max; run.slots *= 2) continue;
  for (int i = 0; i < run.conn_count; i++) {
    struct group *g = &run.groups[run.conns[i].group];
    if (run.conns[i].subscribe) g->subscribers++;
    if (!run.conns[i].publish) continue;
    g->publisher = &run.conns[i];
    g->left = calloc(run.slots, sizeof *g->left);
    g->sent_ns = calloc(run.slots, sizeof *g->sent_ns);
    g->mark = calloc(run.slots, sizeof *g->mark);
  }
}

static void start_connections(void) {
  for (; run.next_conn < run.conn_count; run.next_conn++) {
    struct conn *c = &run.conns[run.next_conn];
    if (run.pending[c->source] >= options.pending_max) return;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) die("socket: %s", strerror(errno));
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (c->address) {
      struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(c->address)};
      setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
      if (bind(c->fd, (void *)&from, sizeof from) < 0) die("bind %s: %s", c->address, strerror(errno));
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    to.sin_addr.s_addr = inet_addr(options.host);
    if (connect(c->fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) die("connect: %s", strerror(errno));
    c->state = CONNECTING;
    run.pending[c->source]++;
    watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
  }
}

static void on_event(struct conn *c, uint32_t events) {
  if (c->state == CONNECTING && events & EPOLLOUT) {
    int error = 0;
    socklen_t n = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
    if (error) die("connect from %s: %s", c->address ? c->address : options.host, strerror(error));
    c->state = LOGGING_IN;
    send_connect(c);
    watch(c, EPOLLIN, EPOLL_CTL_MOD);
    return;
  }
  if (events & EPOLLOUT && c->out_len) flush(c);
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(c);
}

static void fill_windows(void) {
  for (int i = 0; i < run.dirty_count; i++) {
    struct group *g = run.dirty_list[i];
    g->dirty = false;
    while (run.running && !options.rate && g->outstanding < (uint32_t)options.window) send_message(g, run.now_ns);
  }
  run.dirty_count = 0;
}

static void send_scheduled(uint64_t start_ns, uint64_t *sent) {
  for (; run.running; ++*sent) {
    uint64_t due = start_ns + *sent * 1000000000u / (uint64_t)options.rate;
    if (due > run.now_ns) return;
    struct group *g = &run.groups[*sent % (uint64_t)run.group_count];
    if (g->outstanding >= run.slots) die("the broker is more than %u messages behind", run.slots);
    send_message(g, due);
  }
}

static uint32_t quantile_us(double q) {
  uint64_t total = 0, seen = 0;
  for (int i = 0; i < BUCKETS; i++) total += run.histogram[i];
  for (uint32_t i = 0; i < BUCKETS; i++)
    if ((double)(seen += run.histogram[i]) >= q * (double)total && seen) return i;
  return 0;
}

static uint64_t outstanding_total(void) {
  uint64_t n = 0;
  for (int i = 0; i < run.group_count; i++) n += run.groups[i].outstanding;
  return n;
}

static void step(int timeout_ms) {
  struct epoll_event events[1024];
  int n = epoll_wait(run.epoll_fd, events, 1024, timeout_ms);
  run.now_ns = clock_ns();
  for (int i = 0; i < n; i++) on_event(events[i].data.ptr, events[i].events);
  fill_windows();
  flush_all();
}

static double join_all(void) {
  uint64_t start = run.now_ns = clock_ns(), seen_at = start;
  for (int seen = 0; run.ready_count < run.conn_count;) {
    start_connections();
    step(100);
    if (run.ready_count > seen) seen = run.ready_count, seen_at = run.now_ns;
    if (run.now_ns - seen_at > (uint64_t)options.stall_ms * 1000000u)
      die("%d of %d clients joined, then nothing", run.ready_count, run.conn_count);
  }
  return (double)(clock_ns() - start) / 1e9;
}

static void run_load(double join_seconds) {
  uint64_t start = run.progress_ns = run.now_ns = clock_ns(), sent = 0, began = 0, ended = 0;
  double own = 0, broker = 0;
  bool stalled = false;
  run.running = true;
  for (int i = 0; i < run.group_count && !options.rate; i++) run.dirty_list[run.dirty_count++] = &run.groups[i];
  fill_windows();
  for (enum phase phase = WARM; phase != DONE;) {
    if (options.rate) send_scheduled(start, &sent);
    step(options.rate ? 0 : 100);
    if (phase == WARM && run.now_ns - start >= (uint64_t)options.warm_ms * 1000000u) {
      phase = MEASURE, began = run.now_ns, run.measuring = true;
      own = cpu_seconds(0), broker = cpu_seconds(options.broker_pid);
    } else if (phase == MEASURE && run.now_ns - began >= (uint64_t)options.measure_ms * 1000000u) {
      phase = DRAIN, ended = run.now_ns, run.measuring = run.running = false;
      own = cpu_seconds(0) - own, broker = cpu_seconds(options.broker_pid) - broker;
    }
    if (phase == DRAIN && outstanding_total() == 0) phase = DONE;
    if (outstanding_total() == 0 && options.rate) run.progress_ns = run.now_ns;
    if (run.now_ns - run.progress_ns > (uint64_t)options.stall_ms * 1000000u) stalled = true, phase = DONE;
  }
  if (!ended) ended = run.now_ns;
  double seconds = (double)(ended - (began ? began : start)) / 1e9;
  printf("{\"clients\":%d,\"joinSeconds\":%.3f,\"seconds\":%.3f,\"messages\":%llu,\"deliveries\":%llu,"
         "\"messagesPerSecond\":%.0f,\"deliveriesPerSecond\":%.0f,\"p50Us\":%u,\"p99Us\":%u,\"lost\":%llu,"
         "\"duplicated\":%llu,\"ackErrors\":%llu,\"stalled\":%s,\"generatorCpu\":%.3f,\"brokerCpu\":%.3f}\n",
         run.conn_count, join_seconds, seconds, (unsigned long long)run.messages, (unsigned long long)run.deliveries,
         (double)run.messages / seconds, (double)run.deliveries / seconds, quantile_us(.5), quantile_us(.99),
         (unsigned long long)run.lost, (unsigned long long)run.duplicated, (unsigned long long)run.ack_errors,
         stalled ? "true" : "false", own / seconds, options.broker_pid ? broker / seconds : 0);
}

static void hold_connections(double join_seconds) {
  printf("{\"clients\":%d,\"joinSeconds\":%.3f}\n", run.conn_count, join_seconds);
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) continue;
}

static void read_options(int argc, char **argv) {
  const struct { const char *name; int *number; const char **text; } table[] = {
    {"host", 0, &options.host},
    {"clients", 0, &options.clients_file},
    {"port", &options.port, 0},
    {"version", &options.version, 0},
    {"qos", &options.qos, 0},
    {"window", &options.window, 0},
    {"bytes", &options.bytes, 0},
    {"warm-ms", &options.warm_ms, 0},
    {"measure-ms", &options.measure_ms, 0},
    {"rate", &options.rate, 0},
    {"broker-pid", &options.broker_pid, 0},
    {"core", &options.core, 0},
    {"pending", &options.pending_max, 0},
    {"hold", &options.hold, 0},
    {"stall-ms", &options.stall_ms, 0},
  };
  enum { N = sizeof table / sizeof *table };
  struct option longs[N + 1] = {0};
  for (int i = 0; i < N; i++) longs[i] = (struct option){table[i].name, required_argument, 0, 0};
  for (int i = 0; getopt_long(argc, argv, "", longs, &i) == 0;) {
    if (table[i].number) *table[i].number = atoi(optarg);
    else *table[i].text = optarg;
  }
  if (!options.clients_file) die("--clients FILE is missing");
  if (options.window < 1 || options.bytes < MARK || options.bytes > 65000) die("--window or --bytes is out of range");
}

static void claim_core_and_files(void) {
  cpu_set_t one;
  CPU_ZERO(&one);
  if (options.core >= 0) {
    CPU_SET((size_t)options.core, &one);
    if (sched_setaffinity(0, sizeof one, &one) < 0) die("pin to core %d: %s", options.core, strerror(errno));
  }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

int main(int argc, char **argv) {
  read_options(argc, argv);
  claim_core_and_files();
  read_clients();
  run.flush_list = calloc((size_t)run.conn_count, sizeof *run.flush_list);
  run.dirty_list = calloc((size_t)run.group_count, sizeof *run.dirty_list);
  run.histogram = calloc(BUCKETS, sizeof *run.histogram);
  run.input = malloc(READ_BYTES + PACKET_MAX + 8);
  run.letters = malloc(65536 + 65536);
  for (uint32_t i = 0, x = 1; i < 2 * 65536; i++, x = x * 1664525 + 1013904223)
    run.letters[i] = (char)('a' + (x >> 24) % 26);
  run.epoll_fd = epoll_create1(0);
  double join_seconds = join_all();
  if (options.hold) hold_connections(join_seconds);
  else run_load(join_seconds);
  return 0;
}
