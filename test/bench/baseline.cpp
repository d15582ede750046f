// The yardstick: the same workloads on std::priority_queue, integer nanoseconds, order (time, sequence).
// Usage: baseline w1 <pending> <holds>   or   baseline w2. Prints: events seconds check.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <queue>
#include <vector>

struct Entry {
  int64_t time;
  uint64_t sequence;
  uint32_t id;
  uint32_t stamp;
};
struct Later {
  bool operator()(const Entry &a, const Entry &b) const {
    return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
  }
};
typedef std::priority_queue<Entry, std::vector<Entry>, Later> Queue;

static double uniforms[65536], exponentials[65536];
static uint64_t drawn = 0;
static double U() { return uniforms[drawn++ & 65535]; }
static double E() { return exponentials[drawn++ & 65535]; }

static void fill() {
  uint32_t state = 12345;
  for (int i = 0; i < 65536; i++) {
    state += 0x6d2b79f5u;
    uint32_t t = state;
    t = (t ^ (t >> 15)) * (t | 1u);
    t ^= t + (t ^ (t >> 7)) * (t | 61u);
    t ^= t >> 14;
    uniforms[i] = (t + 0.5) / 4294967296.0;
    exponentials[i] = -std::log(uniforms[i]);
  }
}

static int64_t ticks(double seconds) { return (int64_t)std::floor(seconds * 1e9); }

static double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static void w1(uint32_t pending, uint64_t holds) {
  Queue queue;
  uint64_t sequence = 0, count = 0;
  for (uint32_t id = 0; id < pending; id++) queue.push(Entry{ticks(E()), sequence++, id, 0});
  double start = now_seconds();
  int64_t time = 0;
  for (uint64_t hold = 0; hold < holds; hold++) {
    Entry entry = queue.top();
    queue.pop();
    time = entry.time;
    count += 1 + (entry.id & 3);
    queue.push(Entry{time + ticks(E()), sequence++, entry.id, 0});
  }
  double seconds = now_seconds() - start;
  std::printf("%llu %.9f %lld/%llu\n", (unsigned long long)holds, seconds, (long long)time, (unsigned long long)count);
}

static const uint32_t clients = 100000;
static const int64_t second = 1000000000;
static std::vector<uint32_t> stamps;
static std::vector<bool> armed;
static uint64_t next_sequence = 0, cancels = 0;

static void arm(Queue &queue, uint32_t slot, int64_t time) {
  armed[slot] = true;
  queue.push(Entry{time, next_sequence++, slot, ++stamps[slot]});
}
static bool cancel(uint32_t slot) {
  if (!armed[slot]) return false;
  armed[slot] = false;
  ++stamps[slot];
  ++cancels;
  return true;
}
static bool up(int server, int64_t time) {
  return server == 0 ? time < 60 * second || time >= 120 * second : time < 80 * second || time >= 100 * second;
}

static void w2() {
  Queue queue;
  stamps.assign(clients * 4, 0);
  armed.assign(clients * 4, false);
  std::vector<uint8_t> server(clients), attempt(clients);
  uint64_t fired = 0, timeouts = 0, reconnects = 0;
  double start = now_seconds();
  for (uint32_t i = 0; i < clients; i++) {
    server[i] = i & 1;
    arm(queue, i * 4, ticks(10 * U()));
    arm(queue, i * 4 + 2, 25 * second);
  }
  while (!queue.empty()) {
    Entry entry = queue.top();
    queue.pop();
    if (entry.time > 200 * second) break;
    if (!armed[entry.id] || stamps[entry.id] != entry.stamp) continue;
    armed[entry.id] = false;
    fired++;
    uint32_t i = entry.id >> 2;
    int64_t now = entry.time;
    switch (entry.id & 3) {
    case 0:
      if (up(server[i], now)) arm(queue, i * 4 + 1, now + ticks(0.02 + 0.01 * E()));
      arm(queue, i * 4, now + 10 * second);
      break;
    case 1:
      if (cancel(i * 4 + 2)) arm(queue, i * 4 + 2, now + 25 * second);
      break;
    case 2:
      timeouts++;
      cancel(i * 4);
      attempt[i] = 0;
      arm(queue, i * 4 + 3, now + ticks(U()));
      break;
    default:
      reconnects++;
      server[i] ^= 1;
      if (up(server[i], now)) {
        arm(queue, i * 4 + 2, now + 25 * second);
        arm(queue, i * 4, now + ticks(10 * U()));
      } else {
        if (attempt[i] < 6) attempt[i]++;
        arm(queue, i * 4 + 3, now + ticks((double)(1 << attempt[i]) * (0.5 + U())));
      }
    }
  }
  double seconds = now_seconds() - start;
  std::printf("%llu %.9f %llu/%llu/%llu/%llu\n", (unsigned long long)fired, seconds, (unsigned long long)fired,
              (unsigned long long)timeouts, (unsigned long long)reconnects, (unsigned long long)cancels);
}

int main(int argc, char **argv) {
  fill();
  if (argc > 3 && std::strcmp(argv[1], "w1") == 0) w1(std::strtoul(argv[2], 0, 10), std::strtoull(argv[3], 0, 10));
  else w2();
  return 0;
}
