/* MQTT packets of the load generator, out and in. */
#include "generator.h"
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t *reserve(struct conn *c, uint32_t n) {
  if (c->out_len + n > c->out_cap) {
    c->out_cap = (c->out_len + n) * 2;
    c->out = realloc(c->out, c->out_cap);
  }
  uint8_t *at = c->out + c->out_len;
  c->out_len += n;
  if (!c->flushing) {
    c->flushing = true;
    run.flush_list[run.flush_count++] = c;
  }
  return at;
}

void watch(struct conn *c, uint32_t events, int how) {
  struct epoll_event e = {.events = events, .data.ptr = c};
  if (epoll_ctl(run.epoll_fd, how, c->fd, &e) < 0) die("epoll_ctl: %s", strerror(errno));
}

void flush(struct conn *c) {
  ssize_t n = write(c->fd, c->out, c->out_len);
  if (n < 0 && errno != EAGAIN) die("write to %s: %s", c->id, strerror(errno));
  if (n > 0) memmove(c->out, c->out + n, c->out_len -= (uint32_t)n);
  c->flushing = c->out_len > 0; /* then EPOLLOUT flushes on */
  watch(c, c->flushing ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
}

/* What a turn of the loop has queued; a socket that does not take it all is flushed on by EPOLLOUT. */
void flush_all(void) {
  for (int i = 0; i < run.flush_count; i++) {
    struct conn *c = run.flush_list[i];
    ssize_t n = write(c->fd, c->out, c->out_len);
    if (n == (ssize_t)c->out_len) {
      c->out_len = 0;
      c->flushing = false;
    } else flush(c);
  }
  run.flush_count = 0;
}

static uint8_t *put_length(uint8_t *p, uint32_t n) {
  do *p++ = (uint8_t)((n & 127) | (n > 127 ? 128 : 0));
  while (n >>= 7);
  return p;
}
static uint32_t length_bytes(uint32_t n) { return n < 128 ? 1 : n < 16384 ? 2 : 3; }
static uint8_t *put_string(uint8_t *p, const char *s) {
  size_t n = strlen(s);
  *p++ = (uint8_t)(n >> 8);
  *p++ = (uint8_t)n;
  memcpy(p, s, n);
  return p + n;
}
static uint8_t *put_header(struct conn *c, uint8_t type, uint32_t n) {
  uint8_t *p = reserve(c, 1 + length_bytes(n) + n);
  *p++ = type;
  return put_length(p, n);
}

void send_connect(struct conn *c) {
  bool five = options.version == 5;
  uint32_t n = 10 + five + 2 + (uint32_t)strlen(c->id);
  if (c->user) n += 2 + (uint32_t)strlen(c->user);
  if (c->password) n += 2 + (uint32_t)strlen(c->password);
  uint8_t *p = put_string(put_header(c, 0x10, n), "MQTT");
  *p++ = (uint8_t)options.version;
  *p++ = (uint8_t)(2 | (c->user ? 0x80 : 0) | (c->password ? 0x40 : 0));
  *p++ = 600 >> 8;
  *p++ = 600 & 255;
  if (five) *p++ = 0;
  p = put_string(p, c->id);
  if (c->user) p = put_string(p, c->user);
  if (c->password) put_string(p, c->password);
}

static void send_subscribe(struct conn *c) {
  bool five = options.version == 5;
  uint8_t *p = put_header(c, 0x82, 2u + five + 2u + (uint32_t)strlen(c->subscribe) + 1u);
  *p++ = 0;
  *p++ = 1;
  if (five) *p++ = 0;
  *put_string(p, c->subscribe) = (uint8_t)options.qos;
}

void send_message(struct group *g, uint64_t due_ns) {
  struct conn *c = g->publisher;
  uint32_t slot = (uint32_t)g->next & (run.slots - 1);
  bool five = options.version == 5;
  uint32_t n = 2 + (uint32_t)strlen(c->publish) + (options.qos ? 2 : 0) + five + (uint32_t)options.bytes;
  uint8_t *p = put_string(put_header(c, (uint8_t)(0x30 | options.qos << 1), n), c->publish);
  if (options.qos) {
    uint32_t packet_id = (uint32_t)(g->next % 65535) + 1;
    *p++ = (uint8_t)(packet_id >> 8);
    *p++ = (uint8_t)packet_id;
  }
  if (five) *p++ = 0;
  snprintf(g->mark[slot], MARK + 1, "~%012llx~", (unsigned long long)g->next);
  memcpy(p, g->mark[slot], MARK);
  memcpy(p + MARK, run.letters + (g->next * 61) % 65536, (size_t)options.bytes - MARK);
  g->left[slot] = g->subscribers + (options.qos ? 1 : 0);
  g->sent_ns[slot] = due_ns;
  g->next++;
  g->outstanding++;
}

/* ---- input ---- */

static void complete_one(struct group *g, uint32_t slot) {
  if (--g->left[slot]) return;
  g->outstanding--;
  run.progress_ns = run.now_ns;
  if (run.measuring) run.messages++;
  if (!g->dirty) {
    g->dirty = true;
    run.dirty_list[run.dirty_count++] = g;
  }
}

/* The number in the payload; remembers where it stood. */
static uint64_t read_mark(struct conn *c, const uint8_t *body, uint32_t n) {
  for (const uint8_t *p = body; (p = memchr(p, '~', n - (uint32_t)(p - body))); p++) {
    if (n - (uint32_t)(p - body) < MARK || p[MARK - 1] != '~') continue;
    c->mark_at = (uint32_t)(p - body);
    return strtoull((const char *)p + 1, NULL, 16);
  }
  die("%s got a message without a number: %.*s", c->id, (int)n, (const char *)body);
  return 0;
}

static void on_delivery(struct conn *c, const uint8_t *body, uint32_t n) {
  struct group *g = &run.groups[c->group];
  uint32_t slot = (uint32_t)c->expected & (run.slots - 1);
  if (c->mark_at + MARK > n || memcmp(body + c->mark_at, g->mark[slot], MARK) != 0) {
    uint64_t got = read_mark(c, body, n);
    if (got < c->expected) {
      run.duplicated++;
      return;
    }
    run.lost += got - c->expected;
    c->expected = got;
    slot = (uint32_t)got & (run.slots - 1);
  }
  c->expected++;
  if (run.measuring) {
    run.deliveries++;
    uint64_t us = (run.now_ns - g->sent_ns[slot]) / 1000;
    run.histogram[us < BUCKETS ? us : BUCKETS - 1]++;
  }
  complete_one(g, slot);
}

static void on_publish(struct conn *c, uint8_t flags, const uint8_t *p, uint32_t n) {
  uint32_t at = 2u + (uint32_t)(p[0] << 8 | p[1]);
  if (flags & 6) {
    uint8_t *ack = reserve(c, 4);
    ack[0] = 0x40;
    ack[1] = 2;
    ack[2] = p[at];
    ack[3] = p[at + 1];
    at += 2;
  }
  if (options.version == 5) {
    uint32_t properties = 0;
    for (int shift = 0;; shift += 7) {
      properties |= (uint32_t)(p[at] & 127) << shift;
      if (!(p[at++] & 128)) break;
    }
    at += properties;
  }
  on_delivery(c, p + at, n - at);
}

static void on_ready(struct conn *c) {
  c->state = READY;
  run.ready_count++;
}

static void on_packet(struct conn *c, uint8_t first, const uint8_t *p, uint32_t n) {
  switch (first >> 4) {
    case 2:
      if (p[1]) die("CONNACK of %s: code 0x%02x", c->id, p[1]);
      run.pending[c->source]--;
      c->state = SUBSCRIBING;
      if (c->subscribe) send_subscribe(c);
      else on_ready(c);
      break;
    case 3:
      on_publish(c, first, p, n);
      break;
    case 4: {
      struct group *g = &run.groups[c->group];
      uint32_t packet_id = (uint32_t)(p[0] << 8 | p[1]);
      if (n > 2 && p[2] >= 0x80) die("PUBACK of %s: reason 0x%02x", c->id, p[2]);
      if (packet_id != g->acked % 65535 + 1) run.ack_errors++;
      complete_one(g, (uint32_t)g->acked++ & (run.slots - 1));
      break;
    }
    case 9:
      if (p[n - 1] > 2) die("SUBACK of %s for %s: 0x%02x", c->id, c->subscribe, p[n - 1]);
      on_ready(c);
      break;
    case 14:
      die("%s was sent a DISCONNECT, reason 0x%02x", c->id, n ? p[0] : 0);
  }
}

void on_readable(struct conn *c) {
  if (c->part_len) memcpy(run.input, c->part, c->part_len);
  ssize_t got = recv(c->fd, run.input + c->part_len, READ_BYTES, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) die("the broker closed %s: %s", c->id, got ? strerror(errno) : "end of stream");
  uint32_t end = c->part_len + (uint32_t)got, at = 0;
  run.now_ns = clock_ns();
  while (end - at >= 2) {
    uint32_t n = 0, p = at + 1;
    int shift = 0;
    while (p < end && run.input[p] & 128) n |= (uint32_t)(run.input[p++] & 127) << shift, shift += 7;
    if (p >= end) break;
    n |= (uint32_t)run.input[p++] << shift;
    if (n > PACKET_MAX) die("packet of %u bytes for %s", n, c->id);
    if (end - p < n) break;
    on_packet(c, run.input[at], run.input + p, n);
    at = p + n;
  }
  uint32_t rest = end - at;
  if (rest) {
    if (rest > c->part_len) c->part = realloc(c->part, rest);
    memcpy(c->part, run.input + at, rest);
  } else if (c->part) {
    free(c->part);
    c->part = NULL;
  }
  c->part_len = rest;
}
