/* What the two halves of the load generator share. */
#pragma once
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARK = 14, READ_BYTES = 1 << 20, PACKET_MAX = 1 << 18, BUCKETS = 1 << 20 };
enum state { WAITING, CONNECTING, LOGGING_IN, SUBSCRIBING, READY };

struct conn;
struct group {
  struct conn *publisher;
  uint32_t subscribers, outstanding;
  uint64_t next, acked;
  uint32_t *left;         /* per slot: deliveries and the ack still missing */
  uint64_t *sent_ns;      /* per slot: when it was due */
  char (*mark)[MARK + 2]; /* per slot */
  bool dirty;
};
struct conn {
  int fd, source, group;
  enum state state;
  const char *id, *user, *password, *publish, *subscribe, *address;
  uint64_t expected;
  uint32_t mark_at, part_len, out_len, out_cap;
  uint8_t *part, *out;
  bool flushing;
};

struct options {
  const char *host, *clients_file;
  int port, version, qos, window, bytes, warm_ms, measure_ms, rate, broker_pid, core, pending_max, hold, stall_ms;
};

/* One run. */
struct run {
  struct conn *conns, **flush_list;
  struct group *groups, **dirty_list;
  int conn_count, group_count, next_conn, ready_count, flush_count, dirty_count, epoll_fd;
  int pending[1 << 16]; /* connections without a CONNACK, by the lower half of their source address */
  uint32_t slots;       /* power of two, at least the window */
  uint64_t now_ns, progress_ns, deliveries, messages, lost, duplicated, ack_errors;
  uint32_t *histogram; /* deliveries by microseconds */
  bool measuring, running;
  uint8_t *input;
  char *letters;
};

extern struct options options;
extern struct run run;

_Noreturn void die(const char *format, ...);
uint64_t clock_ns(void);

/* wire.c */
void watch(struct conn *c, uint32_t events, int how);
void flush(struct conn *c);
void flush_all(void);
void send_connect(struct conn *c);
void send_message(struct group *g, uint64_t due_ns);
void on_readable(struct conn *c);
